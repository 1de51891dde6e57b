"""Asking a collar over a cable or by Bluetooth: politely, and reading only.

`sayings` holds what may be said and the one guard: whatever is not a plain question has an effect
in words, and leaves this computer only with a `Confirmed` that somebody typed for. `session` talks
over a link and writes all of it down, without the keys (`masking`); `opencollar`, `linkit` and
`ticktag` know the collars; `flash` keeps a download; `advertised` lists who is in reach.
"""

from __future__ import annotations
