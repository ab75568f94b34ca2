#!/usr/bin/env bash
# The redirect of the transparent door (Linux, as root):   scripts/transparent.sh up|down|status [options]
#
#   up       send this machine's HTTPS (TCP 443) to the door; what was set before is replaced
#   down     take it all away; works from any state, also after a crash, and when nothing is set
#   status   show the rules; exit status 3 when there are none
#
#   --port N     the door's port            (default: PROAPI_TRANSPARENT_PORT, or 8443)
#   --user NAME  whose traffic is exempt: the user that proapi runs as, by name or number. Without it the gateway would
#                catch its own requests.    (default: who listens on the port now, else the user "proapi")
#   --ports A,B  destination ports          (default: 443)
#   --router     also what other machines send through this one (proapi must listen on their side: PROAPI_HOST=0.0.0.0)
#
# nftables where there is nft, else iptables and ip6tables. All rules stand in one table (chain) of our own name, so
# that nothing else is touched. UDP on the same ports is refused: clients of HTTP/3 then use TCP. IPv6 is redirected
# where the door listens on IPv6 too, else refused: clients then use IPv4.
set -euo pipefail

name=proapi
port=${PROAPI_TRANSPARENT_PORT:-8443}
user=""
ports=443
router=""

fail() {
  echo "transparent.sh: $1" >&2
  exit "${2:-1}"
}

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# The number of the user whose process listens on the door's port now; nothing where there is none.
listening_user() {
  local process
  process=$(ss -Hltnp "sport = :$port" 2>/dev/null | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2) || true
  if [ -n "$process" ]; then stat -c %u "/proc/$process"; fi
}

exempt_user() {
  local number=$user
  [ -n "$number" ] || number=$(listening_user)
  [ -n "$number" ] || number=$name
  number=$(id -u "$number" 2>/dev/null) || case $user in
    *[!0-9]* | "") fail "there is no user '${user:-$name}': --user names the one that proapi runs as" ;;
    *) number=$user ;; # of a container, perhaps
  esac
  if [ "$number" = 0 ] && [ -z "$user" ]; then
    fail "proapi runs as root, so its own traffic looks like everybody else's of root: give it a user of its own, or say --user 0 and no program of root is caught"
  fi
  echo "$number"
}

listens_on_ipv6() { ss -Hltn "sport = :$port" 2>/dev/null | grep -Eq '(\[::1?\]|\*):'; }

nft_up() {
  local exempt=$1 v6="reject with tcp reset"
  if listens_on_ipv6; then v6=""; fi
  {
    echo "table inet $name"        # so that the next line has something to delete
    echo "delete table inet $name"
    echo "table inet $name {"
    echo "  chain output {"
    echo "    type nat hook output priority -100; policy accept;"
    echo "    meta skuid $exempt return"
    echo "    oifname \"lo\" return"
    echo "    tcp dport { $ports } redirect to :$port"
    echo "  }"
    echo "  chain refuse {"
    echo "    type filter hook output priority -150; policy accept;" # before nat: the destination is still the client's
    echo "    meta skuid $exempt return"
    echo "    oifname \"lo\" return"
    echo "    udp dport { $ports } reject"
    if [ -n "$v6" ]; then echo "    meta nfproto ipv6 tcp dport { $ports } $v6"; fi
    echo "  }"
    if [ -n "$router" ]; then
      echo "  chain prerouting {"
      echo "    type nat hook prerouting priority -100; policy accept;"
      echo "    fib daddr type local return"
      echo "    tcp dport { $ports } redirect to :$port"
      echo "  }"
      echo "  chain refuse_forwarded {"
      echo "    type filter hook forward priority 0; policy accept;"
      echo "    udp dport { $ports } reject"
      echo "  }"
    fi
    echo "}"
  } | nft -f -
}

nft_down() { if nft list table inet $name >/dev/null 2>&1; then nft delete table inet $name; fi; }
nft_status() { nft list table inet $name 2>/dev/null; }

# iptables: (table, our chain, whence it is called)
chains() {
  echo "nat PROAPI_OUTPUT OUTPUT"
  echo "nat PROAPI_PREROUTING PREROUTING"
  echo "filter PROAPI_REFUSE OUTPUT"
  echo "filter PROAPI_REFUSE_FORWARDED FORWARD"
}

# Every command that there is: iptables, and ip6tables where it works.
each_iptables() { for tables in iptables ip6tables; do if $tables -w -t nat -L -n >/dev/null 2>&1; then "$@" "$tables"; fi; done; }

iptables_down_one() {
  local tables=$1 table chain caller
  while read -r table chain caller; do
    while $tables -w -t "$table" -D "$caller" -j "$chain" 2>/dev/null; do :; done
    $tables -w -t "$table" -F "$chain" 2>/dev/null || continue
    $tables -w -t "$table" -X "$chain"
  done < <(chains)
}

iptables_add() { # TABLES TABLE CHAIN CALLER: our chain, called first of all
  "$1" -w -t "$2" -N "$3"
  "$1" -w -t "$2" -I "$4" 1 -j "$3"
}

iptables_up_one() {
  local exempt=$1 tables=$2
  iptables_down_one "$tables"
  iptables_add "$tables" filter PROAPI_REFUSE OUTPUT
  $tables -w -A PROAPI_REFUSE -m owner --uid-owner "$exempt" -j RETURN
  $tables -w -A PROAPI_REFUSE -o lo -j RETURN
  $tables -w -A PROAPI_REFUSE -p udp -m multiport --dports "$ports" -j REJECT
  if [ "$tables" = ip6tables ] && ! listens_on_ipv6; then
    $tables -w -A PROAPI_REFUSE -p tcp -m multiport --dports "$ports" -j REJECT --reject-with tcp-reset
    return
  fi
  iptables_add "$tables" nat PROAPI_OUTPUT OUTPUT
  $tables -w -t nat -A PROAPI_OUTPUT -m owner --uid-owner "$exempt" -j RETURN
  $tables -w -t nat -A PROAPI_OUTPUT -o lo -j RETURN
  $tables -w -t nat -A PROAPI_OUTPUT -p tcp -m multiport --dports "$ports" -j REDIRECT --to-ports "$port"
  if [ -n "$router" ]; then
    iptables_add "$tables" nat PROAPI_PREROUTING PREROUTING
    $tables -w -t nat -A PROAPI_PREROUTING -m addrtype --dst-type LOCAL -j RETURN
    $tables -w -t nat -A PROAPI_PREROUTING -p tcp -m multiport --dports "$ports" -j REDIRECT --to-ports "$port"
    iptables_add "$tables" filter PROAPI_REFUSE_FORWARDED FORWARD
    $tables -w -A PROAPI_REFUSE_FORWARDED -p udp -m multiport --dports "$ports" -j REJECT
  fi
}

iptables_up() { each_iptables iptables_up_one "$1"; }
iptables_down() { each_iptables iptables_down_one; }
iptables_status() {
  iptables-save 2>/dev/null | grep PROAPI_ || return 1
  ip6tables-save 2>/dev/null | grep PROAPI_ || true
}

command=${1:-}
[ $# -gt 0 ] && shift
while [ $# -gt 0 ]; do
  case $1 in
    --port) port=${2:?} && shift 2 ;;
    --user) user=${2:?} && shift 2 ;;
    --ports) ports=${2:?} && shift 2 ;;
    --router) router=yes && shift ;;
    *) usage ;;
  esac
done
case $port$ports in *[!0-9,]*) usage ;; esac

case $command in
  up | down | status) ;;
  *) usage ;;
esac
[ "$(id -u)" = 0 ] || fail "it changes the machine's firewall: run it as root (sudo)"
if command -v nft >/dev/null; then
  kind=nft
elif command -v iptables >/dev/null; then
  kind=iptables
else
  fail "neither nft nor iptables is installed"
fi

case $command in
  up)
    exempt=$(exempt_user)
    "${kind}_up" "$exempt" || { "${kind}_down" && fail "the rules could not be set; nothing was left behind"; }
    ss -Hltn "sport = :$port" 2>/dev/null | grep -q . ||
      echo "transparent.sh: nothing listens on port $port yet: until proapi does, HTTPS is refused" >&2
    echo "up: TCP $ports goes to port $port, except for user $exempt${router:+; other machines\' too}"
    ;;
  down)
    "${kind}_down"
    echo "down"
    ;;
  status) "${kind}_status" || { echo "down" && exit 3; } ;;
esac
