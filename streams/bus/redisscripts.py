"""What Redis does in one step: the scripts behind the bus. Times are Redis's own, in milliseconds."""

from __future__ import annotations

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

LEAD = (
    """
local held = redis.call('GET', KEYS[1])
if held then
  local number, name = string.match(held, '^(%d+) (.*)$')
  if name ~= ARGV[1] then return {'', name} end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {number, name}
end
"""
    + _NOW
    + """
local number = string.format('%.0f', math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now))
redis.call('SET', KEYS[2], number)
redis.call('SET', KEYS[1], number .. ' ' .. ARGV[1], 'PX', ARGV[2])
return {number, ARGV[1]}
"""
)
"""Keys leader, term; arguments name, ms. Returns the term's number, or nothing, and who leads. The number comes from
the clock where that is ahead, so that it goes on rising when Redis has forgotten everything."""

RESIGN = """
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+ (.*)$') == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
"""Keys leader; arguments name."""

HOLD = (
    """
for index = 4, #ARGV do
  local id = ARGV[index]
  if #redis.call('XPENDING', KEYS[2], ARGV[3], id, id, 1, ARGV[1]) > 0 then
    redis.call('XCLAIM', KEYS[2], ARGV[3], ARGV[1], 0, id, 'JUSTID')
  end
end
"""
    + _NOW
    + """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now))
"""
)
"""Keys members, offers; arguments name, capacity, group, the keys of leases. A lease that went to somebody else is
not taken back. The leases come first: they are kept alive also while the memory is full."""

OFFER = """
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^%d+ (.*)$') ~= ARGV[1] then return -1 end
if redis.call('XLEN', KEYS[2]) + (#ARGV - 2) / 3 > tonumber(ARGV[2]) then return -2 end
for index = 3, #ARGV, 3 do
  redis.call('XADD', KEYS[2], '*', 'ticket', ARGV[index], 'feed', ARGV[index + 1], 'offer', ARGV[index + 2])
end
return 0
"""
"""Keys leader, offers; arguments name, most, and ticket, feed and text of each."""

DELIVER = """
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then return -2 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 0
"""
"""Keys offers, results; arguments group, key, most, the fields."""

SET_ASIDE = (
    """
local found = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if #found == 0 then return 0 end
"""
    + _NOW
    + """
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], '*', 'dead:part', ARGV[4], 'dead:reason', ARGV[5],
  'dead:at', string.format('%.0f', now), unpack(found[1][2]))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if #ARGV > 5 then redis.call('XADD', KEYS[3], '*', unpack(ARGV, 6)) end
return 1
"""
)
"""Keys the stream it was in, dead, results; arguments group, key, most, part, reason, the fields of a result."""

REQUEUE = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local fields, part = {}, nil
for index = 1, #found[1][2], 2 do
  local name = found[1][2][index]
  if name == 'dead:part' then part = found[1][2][index + 1] end
  if string.sub(name, 1, 5) ~= 'dead:' then
    table.insert(fields, name)
    table.insert(fields, found[1][2][index + 1])
  end
end
redis.call('XADD', part == 'offer' and KEYS[2] or KEYS[3], '*', unpack(fields))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
"""
"""Keys dead, offers, results; arguments key."""

STANDING = """
local standing = {}
for _, key in ipairs(KEYS) do
  for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
    local ticket, feed = '', ''
    for index = 1, #entry[2], 2 do
      if entry[2][index] == 'ticket' then ticket = entry[2][index + 1] end
      if entry[2][index] == 'feed' then feed = entry[2][index + 1] end
    end
    table.insert(standing, ticket)
    table.insert(standing, feed)
  end
end
return standing
"""
"""Keys offers, results. Told here, as the pictures in between would be much to send."""
