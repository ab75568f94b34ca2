"""Where the gateway is when no variable says otherwise: told once, for the process and for the commands beside it."""

HOST = "127.0.0.1"
PORT = 8000
PROXY_PORT = 8080
ADMIN_PORT = 8001
CONFDIR = "~/.mitmproxy"  # mitmproxy's own
