"""The known headings of makers' files: adding a maker is adding an entry to this table.

A file is of the first format all of whose `needs` stand in its heading, whatever else does.
Headings are compared by `key`: without case, spaces and signs that an encoding may have spoilt. Of
several headings for one meaning, a row's first one with a value counts.

`evidence`: "file" where a real file of that kind is read to its last row in the tests, "document"
where only its heading is public (named beside it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Headings = tuple[str, ...]
Zone = Literal["utc", "unsaid"]
GPS, ARGOS, RADIO = "gps", "argos-doppler-shift", "radio-transmitter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of file.

    `columns`: for each meaning (a field of `records.Fix`, or a part of a time) its headings. `bare`
    are the headings of a file that has no line of headings, told by `first_line`. `zone` is "utc"
    where the file or its maker says so; of "unsaid" the user must tell, `hint` helps. `id_digits`:
    how long every identity is. `day_numbers`: times may be a spreadsheet's day numbers. `contacts`:
    rows without a position are contacts all the same, not rows of other sensors. `preamble`: names
    of lines above the headings that hold the identity of the only collar. `mortality`: every row
    says that the animal did not move.
    """

    name: str
    title: str
    evidence: Literal["file", "document"]
    needs: Headings
    columns: Mapping[str, Headings]
    zone: Zone = "utc"
    hint: str = ""
    sensor: str = GPS
    id_digits: int | None = None
    day_numbers: bool = False
    contacts: bool = True
    preamble: Headings = ()
    mortality: bool = False
    bare: Headings = ()
    first_line: str = ""


def key(heading: str) -> str:
    """Return a heading as it is compared."""
    return re.sub(r"[^a-z0-9\[\]/:#+&]", "", heading.lower())


FORMATS: tuple[Format, ...] = (
    Format(
        name="movebank", title="Movebank CSV", evidence="file",
        needs=("timestamp", "tag-local-identifier"),
        contacts=False,
        columns={
            "device_id": ("tag-local-identifier",), "animal": ("individual-local-identifier",),
            "taxon": ("individual-taxon-canonical-name",), "time": ("timestamp",),
            "latitude": ("location-lat", "lat", "argos:lat1"),
            "longitude": ("location-long", "lon", "argos:lon1"),
            "altitude_m": ("height-above-ellipsoid", "height-above-msl"),
            "accuracy_m": ("location-error-numerical", "eobs:horizontal-accuracy-estimate"),
            "dop": ("gps:dop", "gps:hdop", "gps-dop", "gps-hdop"),
            "satellites": ("gps:satellite-count", "gps-satellite-count"),
            "fix_type": ("gps:fix-type", "gps-fix-type", "eobs:type-of-fix"),
            "location_class": ("argos:lc",), "sensor": ("sensor-type",),
            "battery_v": ("tag-voltage-v",),
            "battery_mv": ("tag-voltage", "eobs:battery-voltage"),
            "temperature_c": ("external-temperature", "internal-temperature", "eobs:temperature"),
            "activity": ("activity-count", "eobs:activity"), "mortality": ("mortality-status",),
            "visible": ("visible",), "outlier": (
                "manually-marked-outlier", "import-marked-outlier", "algorithm-marked-outlier",
            ),
        },
    ),
    Format(  # AKROGIS/AnimalMovement, LookupCollarFileHeaders N; times also as day numbers
        name="lotek", title="Lotek web service CSV", evidence="document",
        needs=("Device ID", "Date & Time [GMT]", "Latitude", "Longitude"), day_numbers=True,
        columns={
            "device_id": ("Device ID",), "animal": ("Device Name",),
            "time": ("Date & Time [GMT]",), "latitude": ("Latitude",), "longitude": ("Longitude",),
            "altitude_m": ("Altitude",), "fix_type": ("Fix Status",), "dop": ("DOP",),
            "temperature_c": ("Temp [C]",), "battery_v": ("Main [V]",),
        },
    ),
    Format(  # bcgov collar database, sample_lotex_mrt
        name="lotek-mortality", title="Lotek mortality messages", evidence="document",
        needs=("Device ID", "Mortality Date & Time [GMT]"), day_numbers=True,
        mortality=True,
        columns={
            "device_id": ("Device ID",), "animal": ("Device Name",),
            "time": ("Mortality Date & Time [GMT]",),
        },
    ),
    Format(  # AKROGIS, LookupCollarFileHeaders N (there under Lotek): the heading proves no brand
        name="gmt-date", title="Vectronic GPS Plus, or Lotek, with GMT_Date", evidence="document",
        needs=("GMT_Date", "GMT_Time", "Latitude", "Longitude"),
        columns={
            "device_id": ("Collar_ID", "CollarID"), "date": ("GMT_Date",), "clock": ("GMT_Time",),
            "latitude": ("Latitude",), "longitude": ("Longitude",), "altitude_m": ("Height",),
            "dop": ("DOP",), "fix_type": ("Nav",), "satellites": ("Sats",),
            "battery_v": ("Main", "Main_Vol"), "temperature_c": ("Temp",),
        },
    ),
    Format(  # headings as in bcgov's sample_gpsplusx and a public elk study
        name="vectronic", title="Vectronic GPS Plus X", evidence="document",
        needs=("UTC_Date", "UTC_Time", "CollarID"),
        columns={
            "device_id": ("CollarID",), "animal": ("AnimalID",),
            "date": ("UTC_Date",), "clock": ("UTC_Time",),
            "received_date": ("SCTS_Date",), "received_clock": ("SCTS_Time",),
            "latitude": ("Latitude [\u00b0]", "Latitude [deg]", "Latitude"),
            "longitude": ("Longitude [\u00b0]", "Longitude [deg]", "Longitude"),
            "altitude_m": ("Height [m]", "Height"), "dop": ("DOP",), "fix_type": ("FixType",),
            "accuracy_m": ("3D_Error [m]", "3D_Error"), "satellites": ("Sats",),
            "battery_v": ("Main [V]", "Main"),
            "temperature_c": ("Temp [\u00b0C]", "Temp [C]", "Temp"),
            "activity": ("Activity",), "mortality": ("Mort. Status",),
        },
    ),
    Format(  # public scripts that read coyotes, bears and elephants from Inventa's export
        name="vectronic-inventa", title="Vectronic Inventa CSV", evidence="document",
        needs=("Collar ID", "Acq. Time [UTC]"),
        columns={
            "device_id": ("Collar ID",), "time": ("Acq. Time [UTC]",),
            "latitude": ("Latitude[deg]", "Latitude [\u00b0]"),
            "longitude": ("Longitude[deg]", "Longitude [\u00b0]"),
            "altitude_m": ("Altitude[m]",), "dop": ("DOP",), "fix_type": ("Fix Type",),
            "battery_v": ("Main[V]", "Main Voltage[V]"),
            "temperature_c": ("Temp[\u00b0C]", "Temp[C]"), "mortality": ("Mort. Status",),
        },
    ),
    Format(  # Wildlife API v2, as stored by AKROGIS and others: a list of objects
        name="vectronic-api", title="Vectronic Wildlife API, positions", evidence="document",
        needs=("idPosition", "idCollar", "acquisitionTime"),
        columns={
            "device_id": ("idCollar",), "time": ("acquisitionTime",), "received": ("scts",),
            "latitude": ("latitude",), "longitude": ("longitude",), "altitude_m": ("height",),
            "dop": ("dop",), "accuracy_m": ("positionError",), "satellites": ("satCount",),
            "battery_v": ("mainVoltage",), "temperature_c": ("temperature",),
        },
    ),
    Format(
        name="telonics-report", title="Telonics Data Report (TDC)", evidence="file",
        needs=("Acquisition Time", "Acquisition Start Time"), preamble=("CTN", "IMEI"),
        columns={
            "time": ("GPS Fix Time", "Acquisition Time"), "argos_time": ("Acquisition Time",),
            "received": ("Receive Time",), "fix_type": ("GPS Fix Attempt",),
            "latitude": ("GPS Latitude",), "longitude": ("GPS Longitude",),
            "altitude_m": ("GPS Altitude",), "dop": ("GPS Horizontal Dilution", "GPS HDOP"),
            "accuracy_m": ("GPS Horizontal Error",), "satellites": ("GPS Satellite Count",),
            "argos_latitude": ("Argos Latitude",), "argos_longitude": ("Argos Longitude",),
            "location_class": ("Argos Location Class",),
            "cep_km": ("Iridium CEP Radius",), "temperature_c": ("Temperature",),
            "activity": ("Activity Count",), "mortality": ("Mortality",),
            "predeployment": ("Predeployment Data",), "error": ("Error",),
        },
    ),
    Format(
        name="telonics-gen3", title="Telonics Gen3, ADC-T03 output", evidence="file",
        needs=("TXDate", "TXTime", "PTTID", "FixQual"),
        bare=("TXDate", "TXTime", "PTTID", "FixNum", "FixQual", "FixDate", "FixTime",
              "Longitude", "Latitude"),
        first_line=r"20\d\d\.\d\d\.\d\d,\d\d:\d\d:\d\d,\d+,\d+,[A-Za-z]+,",
        columns={
            "device_id": ("PTTID",), "received_date": ("TXDate",), "received_clock": ("TXTime",),
            "date": ("FixDate",), "clock": ("FixTime",), "fix_type": ("FixQual",),
            "fix_number": ("FixNum",),
            "latitude": ("Latitude",), "longitude": ("Longitude",),
        },
    ),
    Format(  # AKROGIS, LookupCollarFileHeaders A
        name="telonics-gen3-store", title="Telonics Gen3, stored on board", evidence="document",
        needs=("Fix #", "Date", "Time", "Fix Status", "Latitude", "Longitude"), zone="unsaid",
        columns={
            "date": ("Date",), "clock": ("Time",), "fix_type": ("Fix Status",),
            "latitude": ("Latitude",), "longitude": ("Longitude",), "altitude_m": ("Altitude(m)",),
            "dop": ("HDOP", "PDOP"), "temperature_c": ("Temperature Sensor(deg.)",),
            "activity": ("Activity Sensor",),
        },
    ),
    Format(  # AKROGIS, LookupCollarFileHeaders I; its positions are the satellite's estimate
        name="telonics-mailbox", title="Telonics Iridium mailbox", evidence="document",
        needs=("EmailUID", "Imei", "MessageTime", "StatusCode"), id_digits=15,
        columns={
            "device_id": ("Imei",), "time": ("MessageTime",), "cep_km": ("CEPRadius",),
            "data": ("MessageBytes",),
        },
    ),
    Format(
        name="argos-web", title="Argos web CSV (.aws)", evidence="file",
        needs=("platformId", "locationDate", "locationClass"), sensor=ARGOS,
        columns={
            "device_id": ("platformId",), "animal": ("platformName",),
            "argos_time": ("locationDate",), "received": ("date", "bestDate", "bestMsgDate"),
            "argos_latitude": ("latitude",), "argos_longitude": ("longitude",),
            "location_class": ("locationClass",), "accuracy_m": ("errorRadius",),
            "data": ("rawData",),
        },
    ),
    Format(  # tables of the Argos site, as in public scripts; also Wildlife Computers' -All.csv
        name="argos-table", title="Argos table", evidence="document",
        needs=("Platform ID No.", "Loc. quality", "Loc. date"), sensor=ARGOS,
        columns={
            "device_id": ("Platform ID No.",), "argos_time": ("Loc. date",),
            "received": ("Msg Date",),
            "argos_latitude": ("Latitude", "Lat. sol. 1"),
            "argos_longitude": ("Longitude", "Long. 1"),
            "location_class": ("Loc. quality",), "accuracy_m": ("Error radius",),
        },
    ),
    Format(  # AKROGIS, LookupCollarFileHeaders L
        name="argos-dispose", title="Argos diagnostic table", evidence="document",
        needs=("Id", "Date", "LC", "IQ", "Lat1", "Lon1"), sensor=ARGOS,
        columns={
            "device_id": ("Id",), "argos_time": ("Date",), "location_class": ("LC",),
            "argos_latitude": ("Lat1",), "argos_longitude": ("Lon1",),
        },
    ),
    Format(  # a goniometer's saved messages: Latitude and Longitude are its own, never the collar's
        name="goniometer", title="CLS goniometer, saved messages", evidence="file",
        needs=("Angle", "Mean Angle", "Level", "Decoded Lat", "Decoded Long"), zone="unsaid",
        hint="a goniometer runs on UTC unless somebody set it otherwise", sensor=ARGOS,
        columns={
            "time": ("Date",), "latitude": ("Decoded Lat",), "longitude": ("Decoded Long",),
            "data": ("Data",),
        },
    ),
    Format(  # bcgov's reader of Cumulative_D*.csv; Year has two digits there
        name="ats", title="ATS Iridium, positions", evidence="document",
        needs=("CollarSerialNumber", "Year", "Julianday", "Hour", "Minute"), zone="unsaid",
        hint="ATS lets the owner choose the zone of a download",
        columns={
            "device_id": ("CollarSerialNumber",), "year": ("Year",), "day_of_year": ("Julianday",),
            "hour": ("Hour",), "minute": ("Minute",), "latitude": ("Latitude",),
            "longitude": ("Longitude",), "dop": ("HDOP",), "satellites": ("NumSats",),
            "fix_type": ("2D/3D",), "temperature_c": ("Temperature",), "activity": ("Activity",),
        },
    ),
    Format(  # bcgov's reader of Cumulative_Transmissions*.csv; its place is the satellite's guess
        name="ats-transmissions", title="ATS Iridium, transmissions", evidence="document",
        needs=("CollarSerialNumber", "BattVoltage", "NumberFixes"), zone="unsaid",
        hint="DateCT is US Central time: -06:00 in winter, -05:00 in summer",
        columns={
            "device_id": ("CollarSerialNumber",), "time": ("DateCT", "Date"),
            "battery_v": ("BattVoltage",), "mortality": ("Mortality",), "cep_km": ("CEPradius_km",),
        },
    ),
    Format(  # AKROGIS, LookupCollarFileHeaders M
        name="followit", title="Followit, Televilt summary", evidence="document",
        needs=("DATE", "TIME", "LAT", "LON", "PDOP", "FIX"), zone="unsaid",
        columns={
            "date": ("DATE",), "clock": ("TIME",), "latitude": ("LAT",), "longitude": ("LON",),
            "dop": ("PDOP",), "fix_type": ("FIX",),
        },
    ),
    Format(  # reference page on CTT's CSV files, section 10.2
        name="ctt-telemetry", title="CTT HybridTag telemetry", evidence="document",
        needs=("ReceivedAt", "RecordedAt", "Id", "Latitude", "Longitude"),
        columns={
            "device_id": ("Id",), "time": ("RecordedAt",), "received": ("ReceivedAt",),
            "latitude": ("Latitude",), "longitude": ("Longitude",), "altitude_m": ("Altitude",),
            "dop": ("Hdop",), "battery_v": ("Battery",), "temperature_c": ("Celsius",),
            "activity": ("Activity",),
        },
    ),
    Format(  # public scripts that read cellular tags of CTT; 0, 0 is a fix that was not collected
        name="ctt-cellular", title="CTT cellular tags", evidence="document",
        needs=("GPS_YYYY-MM-DD_HH:MM:SS", "lat", "lon"),
        columns={
            "device_id": ("serial", "tag", "unit_id"), "time": ("GPS_YYYY-MM-DD_HH:MM:SS",),
            "latitude": ("lat",), "longitude": ("lon",), "altitude_m": ("alt_m", "alt"),
            "dop": ("hdop",), "fix_type": ("fix",), "satellites": ("sat_count", "nsats"),
            "temperature_c": ("temperature_C",), "activity": ("activity",),
        },
    ),
    Format(
        name="ticktag", title="TickTag CSV", evidence="file",
        needs=("count", "timestamp", "lat", "lon"),
        columns={"unix_s": ("timestamp",), "latitude": ("lat",), "longitude": ("lon",)},
    ),
)  # fmt: skip

# Files that hold receivers and no collar: what they are, and what to do with them.
OTHERS: tuple[tuple[Headings, str], ...] = (
    (("node_id", "node_lat", "node_lng"),
     "positions of CTT nodes, which are receivers: they belong into baksan.toml"),
    (("Time", "TagId", "TagRSSI"),
     "levels heard by a CTT station: baksan listen ctt-csv:file:FILE"),
    (("tag_id", "time_utc", "rssi", "lat", "lon"),
     "levels heard by a CTT Sidekick: baksan listen ctt-csv:file:FILE"),
    (("Time", "NodeId", "NodeRSSI", "Battery"),
     "the health of CTT nodes, which are receivers: baksan listen ctt-csv:file:FILE"),
    (("recorded at", "gps at", "latitude", "longitude"),
     "positions of a CTT station, which is a receiver: baksan listen ctt-csv:file:FILE"),
    (("idActivity",), "activity without positions: download the positions"),
    (("idMortality",), "mortality messages of Vectronic, whose layout is not public: download the"
     " positions"),
)  # fmt: skip


def format_of(headings: Sequence[str]) -> Format | None:
    """Return the format that a line of headings belongs to, None where none is known."""
    there = {key(heading) for heading in headings}
    return next((f for f in FORMATS if {key(need) for need in f.needs} <= there), None)


def other_of(headings: Sequence[str]) -> str:
    """Return what a file of receivers is, by its headings; "" where it is none that is known."""
    there = {key(heading) for heading in headings}
    return next((say for needs, say in OTHERS if {key(need) for need in needs} <= there), "")


def bare_format(line: str) -> Format | None:
    """Return the format of a file without headings, by its first line."""
    return next((f for f in FORMATS if f.first_line and re.match(f.first_line, line)), None)
