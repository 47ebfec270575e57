"""What the receivers get: rates under the transmit beams, interference included."""
