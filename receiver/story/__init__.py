"""What a collar's history says: how long it is silent, how it moved, and why it may be silent.

Pure functions on the fixes of makers' files, the collar's sheet, what the leader said and a time
that is given. `tell` gives a `Story`; `prior` turns it into what the locator takes.
"""

from receiver.story.facts import Cause as Cause
from receiver.story.facts import Story as Story
from receiver.story.prior import Prior as Prior
from receiver.story.prior import prior as prior
from receiver.story.said import Said as Said
from receiver.story.said import said_in as said_in
from receiver.story.telling import tell as tell
