"""What Redis does with the counts of a token, in Lua: each script as one step, on Redis's own clock.

Times are milliseconds. A window is a hash of what was used in each tenth of a second, with its sum (`all`), and a
sorted set of these tenths by the time of the last use in them: as in `sliding_window.py`, none is free too early. The
open requests are a sorted set of leases by their ends. Money is a hash of what each process has spent, with its sum:
told once more after a fault, it counts once. Needs Redis 5 or later.
"""

from __future__ import annotations

ADMITTED, MONEY, PLACE = b"admitted", b"money", b"place"  # else: which window is full, b"requests" or b"tokens"

_PARTS = """
local MINUTE = 60000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tenth = string.format('%.0f', math.floor(now / 100))
local requests, requests_at, tokens, tokens_at, open, spent = unpack(KEYS)

local function used(window, window_at)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', window_at, '-inf', now - MINUTE)) do
    redis.call('HINCRBY', window, 'all', 0 - (redis.call('HGET', window, old) or 0))  -- of 0: "-0" is no integer there
    redis.call('HDEL', window, old)
  end
  redis.call('ZREMRANGEBYSCORE', window_at, '-inf', now - MINUTE)
  return tonumber(redis.call('HGET', window, 'all') or 0)
end

local function take(window, window_at, amount)
  redis.call('HINCRBY', window, 'all', amount)
  redis.call('HINCRBY', window, tenth, amount)
  redis.call('ZADD', window_at, now, tenth)
  redis.call('PEXPIRE', window, MINUTE)
  redis.call('PEXPIRE', window_at, MINUTE)
end

-- What this process has spent in all; how much all have.
local function told(process, nano, kept_ms)
  local more = nano - (redis.call('HGET', spent, process) or 0)
  if more > 0 then
    redis.call('HSET', spent, process, nano)
    redis.call('HINCRBY', spent, 'all', more)
    redis.call('PEXPIRE', spent, kept_ms)
  end
  return tonumber(redis.call('HGET', spent, 'all') or 0)
end
"""

# KEYS: those of the token. ARGV: requests a minute, tokens a minute, tokens asked for, requests at once (0: any
# number), budget ("": none), process, what it has spent, how long that is kept, lease, its time.
# → [why, tenth, requests used, ms until none is, tokens used, ms until none is, ms to wait]
ADMIT = (
    _PARTS
    + """
local rpm, tpm, asked, at_once = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local budget, lease, lease_ms = tonumber(ARGV[5]), ARGV[9], ARGV[10]
local why, wait = 'admitted', 0

local function wait_for(amount, limit, window, window_at)
  local missing = limit > 0 and used(window, window_at) + math.min(amount, limit) - limit or 0
  if missing <= 0 then return 0 end
  local tenths = redis.call('ZRANGE', window_at, 0, -1, 'WITHSCORES')
  for i = 1, #tenths, 2 do
    missing = missing - (redis.call('HGET', window, tenths[i]) or 0)
    if missing <= 0 then return tenths[i + 1] + MINUTE - now end
  end
  return 0
end

local function state(limit, window, window_at)
  if limit == 0 then return 0, 0 end
  local last = redis.call('ZRANGE', window_at, -1, -1, 'WITHSCORES')
  return used(window, window_at), last[2] and last[2] + MINUTE - now or 0
end

redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
if budget and told(ARGV[6], ARGV[7], ARGV[8]) >= budget then
  why = 'money'
elseif at_once > 0 and redis.call('ZCARD', open) >= at_once then
  why = 'place'
else
  wait = wait_for(1, rpm, requests, requests_at)
  if wait > 0 then
    why = 'requests'
  else
    wait = wait_for(asked, tpm, tokens, tokens_at)
    if wait > 0 then why = 'tokens' end
  end
end
if why == 'admitted' then
  if rpm > 0 then take(requests, requests_at, 1) end
  if tpm > 0 then take(tokens, tokens_at, asked) end
  if at_once > 0 then
    redis.call('ZADD', open, now + lease_ms, lease)
    redis.call('PEXPIRE', open, lease_ms)
  end
end
local requests_used, requests_ms = state(rpm, requests, requests_at)
local tokens_used, tokens_ms = state(tpm, tokens, tokens_at)
return {why, tenth, requests_used, requests_ms, tokens_used, tokens_ms, wait}
"""
)

# KEYS: those of the token. ARGV: lease, the tenth in which tokens were taken, by how many it was too few (less than 0:
# too many), process, what it has spent (0: there is no budget), how long that is kept.
END = (
    _PARTS
    + """
local more = tonumber(ARGV[3])
redis.call('ZREM', open, ARGV[1])
if more > 0 then
  used(tokens, tokens_at)
  take(tokens, tokens_at, more)
elseif more < 0 then
  used(tokens, tokens_at)
  if redis.call('HEXISTS', tokens, ARGV[2]) == 1 then
    redis.call('HINCRBY', tokens, ARGV[2], more)
    redis.call('HINCRBY', tokens, 'all', more)
  end
end
if tonumber(ARGV[5]) > 0 then told(ARGV[4], ARGV[5], ARGV[6]) end
"""
)

# KEYS: those of the token. ARGV: process, what it has spent, how long that is kept.
# → [requests of the last minute, tokens, open requests, money of the day or month]
LOOK = (
    _PARTS
    + """
redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
local money = told(ARGV[1], ARGV[2], ARGV[3])
return {used(requests, requests_at), used(tokens, tokens_at), redis.call('ZCARD', open), money}
"""
)

# KEYS: a token's open requests. ARGV: their time, leases.
KEEP_OPEN = """
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
