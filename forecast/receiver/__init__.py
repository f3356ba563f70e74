"""The monitoring network's door: HJ 212 packets in, safely written, and passed on."""
