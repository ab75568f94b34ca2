"""Flows in forms that other tools read: JSON lines, HAR 1.2, a curl command. Values in, text out; without Flask."""
