"""The table of a packet's fields as people see it."""

from __future__ import annotations

from protocols import explain
from receiver.ui.anatomy import describe


def test_table_of_a_short_fix() -> None:
    data = bytes.fromhex("930ef9636865aba50d1f8e090e031500")
    assert list(describe(explain(data, protocol="opencollar-edge", port=13))) == [
        "OpenCollar Edge (Smart Parks, IRNAS), field by field (16 bytes; bit 0 is the highest)",
        "  byte   hex       field          as sent     meaning",
        "  0      93        id             147",
        "  1      0e        len            14          bytes",
        "  2-5    f9636865  fix_timestamp  1701340153  2023-11-30 10:29:13 UTC",
        "  6-9    aba50d1f  latitude       520988075   52.0988075 deg",
        "  10-13  8e090e03  longitude      51251598    5.1251598 deg",
        "  14-15  1500      h_acc_est      21          m",
    ]


def test_bits_secrets_and_long_fields() -> None:
    argos = list(describe(explain(bytes.fromhex("343bc63ea7fc011be000000fc2b06c"))))
    assert "  1 bits 0-4       3b        day          7" in argos
    assert "  12 bit 2         c2        low_battery  0" in argos
    key = "1010" + "ab" * 16
    table = "\n".join(describe(explain(bytes.fromhex(key), protocol="opencollar-edge", port=3)))
    assert "(hidden)" in table
    assert "abab" not in table
