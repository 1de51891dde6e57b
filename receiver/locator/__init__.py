"""Where the collar may be: factors of evidence on a grid that zooms to where it matters.

    from receiver.columns import read_csv
    from receiver.locator import locate
    answer = locate(read_csv(path))

Every factor is `f(points_m, data) -> (log-likelihood of each point, log-likelihood of "inaudible")`
on one absolute scale, at any points. The docstring of each module has its formula and source.
"""

from __future__ import annotations

from receiver.locator.answer import Posterior, locate, posterior
from receiver.locator.belief import Past
from receiver.locator.settings import LocatorConfig
from receiver.locator.stream import Stream

__all__ = ["LocatorConfig", "Past", "Posterior", "Stream", "locate", "posterior"]
