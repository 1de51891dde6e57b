"""Made-up searches with a known answer, and emulated receivers, gateways and position sources."""
