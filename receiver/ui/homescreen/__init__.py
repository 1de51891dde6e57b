"""The terminal face of homing: a screen, or one line a second, that shows a `Snapshot`.

`rows` and `plain` are pure: a snapshot in, lines out. `app` draws with textual only what changed,
`face` keeps both away from the recording: in a thread of their own, which may fail.
"""
