"""KML 2.2 for Google Earth and others: a folder for each animal, a point with its time a fix."""

from __future__ import annotations

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement, tostring

from receiver.export.sharing import Shared, animal, when
from receiver.records import Fix, utc_text

NAMESPACE = "http://www.opengis.net/kml/2.2"


def kml(shared: Shared) -> bytes:
    """Return the KML of the fixes that a map may show."""
    root = Element("kml", xmlns=NAMESPACE)
    document = SubElement(root, "Document")
    _text(document, "name", shared.mark)
    folders: dict[str, list[tuple[Fix, float, float]]] = defaultdict(list)
    for placed in shared.placed:
        folders[animal(placed[0])].append(placed)
    for name, own in folders.items():
        folder = SubElement(document, "Folder")
        _text(folder, "name", name)
        hertz = shared.frequencies_hz.get(own[0][0].collar or "")
        if hertz:
            _text(folder, "description", f"{hertz / 1e6:.4f} MHz")
        for fix, latitude, longitude in own:
            _placemark(folder, fix, latitude, longitude)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _placemark(folder: Element, fix: Fix, latitude: float, longitude: float) -> None:
    placemark = SubElement(folder, "Placemark")
    _text(placemark, "name", f"{when(fix):%Y-%m-%d %H:%M} UTC")
    if fix.accuracy_m is not None:
        _text(placemark, "description", f"within about {fix.accuracy_m:.0f} m")
    _text(SubElement(placemark, "TimeStamp"), "when", utc_text(when(fix)))
    point = SubElement(placemark, "Point")
    _text(point, "coordinates", f"{round(longitude, 7)},{round(latitude, 7)}")


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
