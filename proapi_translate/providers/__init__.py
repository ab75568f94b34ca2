"""Where to send: one table of providers, and the addresses, headers and signatures that its rows name."""
