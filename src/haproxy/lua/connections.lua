-- HTTP/2 connections that are re-used for another host than they were opened for. Runs only where the host of a request differs from
-- the SNI of its connection.

-- Not before the whole configuration is read: which certificates there are may not be known when it begins.
local certificates
core.register_init(function() certificates = Map.new(os.getenv("FAIRWAY_CERTIFICATES_MAP"), Map._str) end)
local file = assert(io.open(os.getenv("FAIRWAY_MISDIRECTED_PAGE")))
local page = file:read("*a")
file:close()

-- What a host is served with: its own entry, that of the wildcard above it, or the default certificate.
local function certificate_of(host)
  return certificates:lookup(host) or certificates:lookup((host:gsub("^[^.]*", "*", 1))) or "default"
end

core.register_action("fairway_connection", { "http-req" }, function(txn)
  local sni = txn:get_var("txn.sni")
  local host = (txn.f:req_hdr("host") or ""):lower():gsub(":%d*$", ""):gsub("%.+$", "")
  if host == sni or certificate_of(host) == certificate_of(sni) then return end
  local reply = txn:reply({ status = 421, reason = "Misdirected Request" })
  reply:add_header("content-type", "text/html; charset=utf-8")
  reply:add_header("x-fairway-reason", "misdirected-request")
  reply:add_header("cache-control", "private, max-age=0, no-cache, no-store")
  reply:add_header("pragma", "no-cache")
  reply:set_body(page)
  txn:done(reply)
end)
