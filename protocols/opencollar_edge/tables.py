"""Names and types of OpenCollar Edge settings (port 3), values (port 30) and commands (port 32).

Facts of firmware 7.3.0, `scripts/settings/settings.json` of
SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de. A line is the identifier in hex, the
type and the name; types: ? bool, B H I unsigned 8, 16, 32 bit, i signed 32 bit, f float, s text,
x bytes. All are little-endian.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from protocols.fields import HIDDEN


class Item(NamedTuple):
    """A setting or value: its type letter and its name."""

    type: str
    name: str


def _table(text: str) -> dict[int, Item]:
    rows = (line.split() for line in text.split("\n") if line.strip())
    return {int(identifier, 16): Item(letter, name) for identifier, letter, name in rows}


# Keys and the PIN of the owner: their bytes are never shown.
SECRET = {0x10, 0x2A, 0x44, 0x45, 0xC2}


def holds_secret(port: int, message: bytes) -> bool:
    """Tell whether a message that could not be read begins with a key or the PIN."""
    return port in (3, 32) and message[:1] != b"" and message[0] in SECRET


def value_of(identifier: int, item: Item | None, raw: bytes) -> object:
    """Return a setting's or value's meaning; bytes of an unknown or odd-sized one as hex."""
    if identifier in SECRET:
        return HIDDEN
    if item is None or item.type == "x":
        return raw.hex()
    if item.type == "s":
        return raw.rstrip(b"\0").decode("utf-8", "replace")
    if len(raw) != struct.calcsize(f"<{item.type}"):
        return raw.hex()
    return struct.unpack(f"<{item.type}", raw)[0]


def is_item(port: int, identifier: int, size: int) -> bool:
    """Tell whether a list of a port may hold an item with this identifier and size."""
    known = {3: SETTINGS, 30: VALUES, 32: COMMANDS}[port].get(identifier)
    if known is None:
        return False
    return known.type in "sx" or struct.calcsize(f"<{known.type}") == size


SETTINGS = _table("""
    00 B tracker_type
    01 I lr_gps_interval
    02 I ublox_send_interval
    03 I status_send_interval
    04 I satellite_send_interval
    05 i gps_init_lon
    06 i gps_init_lat
    07 I init_time
    08 ? ble_adv
    09 ? gnss_assisted_scan
    0A I gps_resend_interval
    0B ? data_log
    0C I lr_send_flag
    0D I flash_store_flag
    0E B lr_adr
    0F B lr_region
    10 x app_key
    11 x device_eui
    12 x app_eui
    13 I horizontal_accuracy
    14 B cold_fix_retry
    15 B hot_fix_retry
    16 H cold_fix_timeout
    17 H hot_fix_timeout
    18 I ble_advertisement_interval
    19 I wifi_scan_interval
    1A I wifi_scan_aggregated_interval
    1B I ble_scan_duration
    1C I ble_scan_interval
    1D I ble_scan_aggregated_interval
    1E B ble_scan_filter
    1F I ble_auto_disconnect
    20 I s_band_send_interval
    21 s device_name
    22 I lr_join_flag
    23 I lr_confirm_flag
    24 H lr_max_confirm_fail
    25 B gps_backoff_factor
    26 I ublox_send_interval_2
    27 B ublox_interval1_start
    28 B ublox_min_fix_time
    29 ? ublox_multiple_intervals
    2A x device_pin
    2B ? ublox_active_tracking
    2C ? led_enabled
    2D B motion_ths
    2E ? enable_motion_trig_gps
    2F I gps_triggered_interval
    30 B gps_skipped_triggered_interval
    31 I lr_messaging_retry_interval
    32 B lr_messaging_retry_count
    33 B ublox_leave_on
    34 I memfault_send_interval
    35 I rejoin_interval
    36 I check_error_interval
    37 B gnss_constellation_to_use
    38 B ublox_min_satellites_timer
    39 I sat_send_flag
    3A ? satellite_enabled
    3B B satellite_retry
    3F ? fence_enabled
    40 I fence_interval
    41 H fence_sampling_length
    42 I fence_mv_scaling_factor
    43 I flash_status_interval
    44 x lp0_app_key
    45 x lp0_network_key
    46 x lp0_dev_addr
    47 ? ble_scan_report_zero_connections_found
    48 ? wifi_scan_report_zero_connections_found
    49 ? cmdq_enabled
    4A I cmdq_scan_duration
    4B I cmdq_search_interval
    4C I cmdq_on_no_detection_wait_duration
    4D x cmdq_searched_mac_address
    4E I cmdq_reporting_interval
    4F I s_band_rf_frequency_hz
    50 ? cmdq_report_zero_messages_to_be_sent
    52 B ublox_interval2_start
    57 B lr_adr_profile
    5F B ublox_min_satellites
    60 ? external_switch_detection_gpio_pin_power_enabled
    61 ? vhf_enabled
    62 I vhf_interval1
    63 I vhf_interval2
    64 B vhf_interval1_start
    65 B vhf_interval2_start
    66 ? vhf_multiple_intervals
    67 B vhf_num_of_packets_per_burst
    68 H vhf_time_between_packets_ms
    69 ? vhf_external_path
    6A I vhf_tx_frequency_khz
    6B H vhf_single_pulse_duration_ms
    6C B s_band_send_mode
    6D ? fence_led_blink
    6E B gps_motion_triggered_min_num_of_triggers_per_interval
    72 H ble_scan_manufacturer_id
    73 ? accel_movement_data_fifo_enabled
    74 H accel_odr_hz
    75 B accel_g_scale
    76 I satellite_send_interval2
    77 B satellite_send_interval2_start
    78 ? satellite_multiple_intervals
    79 B satellite_interval1_start
    7A ? outdoor_detection_enabled
    7B B outdoor_detection_tau
    7C x outdoor_detection_parameters
    7D H ublox_cold_fix_hour_interval
    7E ? external_switch_detection_enabled
    7F B external_switch_detection_trigger_type
    80 H external_switch_detection_trigger_debounce_ms
    81 I external_switch_detection_reporting_interval
    82 ? external_switch_send_inactivity_report
    83 H external_switch_minimal_report_duration_ms
    84 B external_switch_input_pull
    85 ? external_switch_counter_enabled
    86 ? air_quality_enabled
    87 I air_quality_interval
    88 I lp0_send_flag
    89 I lp0_tx_frequency_hz
    8A I lp0_rx_frequency_hz
    8B x lp0_communication_params
    8C x lp0_node_params
""")

VALUES = _table("""
    D0 I reset_reason
    D1 i gps_lon
    D2 i gps_lat
    D3 i gps_alt
    D4 f lis2_acc_x
    D5 f lis2_acc_y
    D6 f lis2_acc_z
    D7 i batt_mV
    D8 I ublox_time
    D9 B lr_satellites
    DA f mcu_temp
    DB i charge_mV
    DC H gps_h_acc_est
    E8 I flash_nr_msg
    E9 I last_position_time
    EA I last_accel_int_time
    EB B n_mes
    EC H almanac_age
    ED s factory_device_name
    EF B satellite_resend_try
""")

COMMANDS = _table("""
    A0 x cmd_join
    A1 x cmd_reset
    A2 x cmd_send_all_val
    A3 x cmd_send_single_val
    A4 x cmd_send_status
    A5 x cmd_send_position
    A6 x cmd_reset_gps
    A7 x cmd_send_all_settings
    A8 x cmd_send_single_setting
    A9 x cmd_reset_initial_position
    AA x cmd_reset_initial_time
    AB x cmd_clear_nvs
    AC x cmd_reset_to_def_settings
    AD x cmd_send_status_lr
    AE x cmd_send_lr_fix
    AF x cmd_set_location_and_time
    B1 x cmd_get_wifi_scan
    B2 x cmd_get_ble_scan
    B3 x cmd_get_flash_status
    B4 x cmd_get_lr_satellite_data
    B5 x cmd_get_ublox_satellite_data
    B6 x cmd_almanac_update
    B7 x cmd_get_mac
    B8 x cmd_get_ublox_fix
    B9 x cmd_reset_lr
    BA x cmd_flash_clear
    BB x cmd_flash_get_all
    BC x cmd_flash_get_from_head
    BD x cmd_s_band_send
    BE x cmd_set_operation_mode_com_th
    BF x cmd_disable_flash_th
    C0 x cmd_disable_bt_th
    C1 x cmd_set_operation_mode_main_th
    C2 x cmd_check_pin
    C3 x cmd_set_hibernation_mode
    C4 x cmd_send_lr_message
    C5 x cmd_read_all_lr_messages
    C6 x cmd_send_sat_buffer
    C7 x cmd_lp0_command
    C8 x cmd_fence_measure
    C9 x cmd_aggregated_bt_scan
    CA x cmd_single_bt_scan
    CB x cmd_bt_disconnect
    CC x cmd_send_bt_cmdq_results
    CD x cmd_decouple_collar
    CE x cmd_send_timestamp
""")
