"""What EPCIS events say of goods, and what records they come to (DOMAIN 4.2; R20, R21, R22)."""
