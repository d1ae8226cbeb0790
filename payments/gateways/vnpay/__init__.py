"""VNPay, protocol version 2.1.0."""
