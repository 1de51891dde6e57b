"""Phrases that no literal of the sources holds as a whole, and literals that are no phrases."""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.strip().replace("\n", "|").split("|"))


# Headings of makers' files, words of drawing, of the radio line, of formats.
NOT_SAID = frozenset(_listed("""
Not Encrypted|AWT Minimal payload type|GPS log every 10 minutes|sign, x 1e-4 deg
s since 2021-04-14 19:19:54 UTC|dev|comm|data segment|ble|mqtt|rtlsdr|audio|localtime|right
Device ID|Device Name|Fix Status|Mortality Date & Time [GMT]|Collar ID|Fix Type|Main Voltage[V]
Acquisition Time|Acquisition Start Time|GPS Fix Time|Receive Time|GPS Fix Attempt|GPS Latitude
GPS Longitude|GPS Altitude|GPS Horizontal Dilution|GPS HDOP|GPS Horizontal Error
GPS Satellite Count|Argos Latitude|Argos Longitude|Argos Location Class|Iridium CEP Radius
Activity Count|Predeployment Data|Temperature Sensor(deg.)|Activity Sensor|Platform ID No|Msg Date
Error radius|Mean Angle|Decoded Lat|Decoded Long|recorded at|gps at|"left ear torn"
What each factor said at the centres of the cells, by name|LOUD|NULL|NFKC|NONE|HERE|report
constrained|YlOrBr|viridis|solid|dashed|white|equal|lower|bilinear|butt|{k}_deg|black|bold|decimal
log|Greys|auto|nearest|data|axes fraction|offset points|utm|mgrs|id|method|{name}_deg|ui|terrain
baksan: {split}
"""))  # fmt: skip

# Amounts that stand alone or behind a name.
UNITS = (
    *(f"{{value:g}} {unit}" for unit in ("m", "s", "h", "min", "C", "V", "Hz")),
    *(f"{{value:g}} {unit}" for unit in ("dB", "dBm", "dBS9")),
    *(f"{{name}} {{value:g}} {unit}" for unit in ("dB", "dBm", "dBS9")),
    *(f"{{count:g}} {unit}" for unit in ("years", "days", "hours", "minutes")),
)

# Single words that lines are put together from: states, kinds, sides, names of columns.
WORDS = _listed("""
opening|hearing|silent|lost|ended|OPENING|HEARING|LOST|ENDED|left|right|ahead|behind|inside
OUTSIDE|ready|east|west|reading|replaying|records|listening|the truth|written|and by SDR
no picture|PIN|receivers and gateways|where you are
sound and samples: beacons are heard in them; kept by key h|commas|semicolons|tabs|passed
NOT passed|degrees true|all day|ON, which costs battery|OFF|by two parts of the day|less|more
lower|fast|slow|certain|likely|rumour|normal|mortality|low battery|recovery|charging|discharging
not charging|packet|pulse|crc|checksum|parity|bch|none|system|broad|mostly {text}|then {text}
HEARD {name}|MAYBE {name}|faint {name}|Ctrl-C ends|not readable|until {time}|SIMULATION
maker|identities|frequency|movement|notes|beacon|source
""")

# Words of click, of the operating system and of the calendar, which reach people through us.
FOREIGN = _listed("""
Usage|Options|Commands|OPTIONS|COMMAND|ARGS|TEXT|PATH|FLOAT|INTEGER|FLOAT RANGE|INTEGER RANGE|FILE
Show this message and exit|Show the version and exit|required|default: {default}
{prog}, version {version}|No such option: {name}|No such option {name!r}|No such command {name!r}
Did you mean {names}?|Possible options: {names}|Missing option {hint!r}|Missing argument {hint!r}
Missing parameter: {name}|Missing command|Missing option {hint!r}. Choose from
Invalid value: {message}|Invalid value for {hint!r}: {message}|{value!r} is not a valid integer
{value!r} is not a valid float|{value!r} is not a valid integer range
{value!r} is not a valid float range|{value!r} is not a valid boolean
{value} is not in the range {range}|{value!r} is not one of {choices}
Option {name!r} requires an argument|Option {name!r} requires {nargs:d} arguments
Option {name!r} does not take a value|Got unexpected extra argument ({words})
Got unexpected extra arguments ({words})|Argument {name!r} takes {nargs:d} values
{kind} {name!r} does not exist|{kind} {name!r} is a directory|{kind} {name!r} is not readable
Could not open file {name!r}: {message}|Error: {message}|No such file or directory
Permission denied|Is a directory|Not a directory|File exists|No space left on device
Read-only file system|Input/output error|Disk quota exceeded|Operation not permitted
No such device|Device or resource busy|Broken pipe|File name too long|Connection refused
Connection reset by peer|Name or service not known|No route to host|Network is unreachable
Address already in use|timed out|Temporary failure in name resolution|database is locked
disk I/O error|unable to open database file|file is not a database
database disk image is malformed|attempt to write a readonly database|database or disk is full
{day:d} Jan {year:d}|{day:d} Feb {year:d}|{day:d} Mar {year:d}|{day:d} Apr {year:d}
{day:d} May {year:d}|{day:d} Jun {year:d}|{day:d} Jul {year:d}|{day:d} Aug {year:d}
{day:d} Sep {year:d}|{day:d} Oct {year:d}|{day:d} Nov {year:d}|{day:d} Dec {year:d}
""")
