"""What people write down by hand: from their words to the content of an entry, and back by radio.

Pure: text in, values out. `content` makes an entry's content, `times` reads local times, `readback`
makes and checks the line that is dictated over voice radio.
"""
