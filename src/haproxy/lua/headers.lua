-- Header actions of routes (spec.httpHeaders), applied without a reload. The encoding is written down in
-- src/haproxy/desired/header-actions.ts. Runs only for rules that ask for header actions.

local parsed, count = {}, 0

local function unhex(text)
  return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function parse_part(text)
  local head, rest = text:match("^([^~]*)(.*)$")
  local part = { kind = head:sub(1, 1), text = unhex(head:sub(2)), steps = {} }
  for step in rest:gmatch("~([^~]+)") do part.steps[#part.steps + 1] = step end
  return part
end

local function parse(text)
  local known = parsed[text]
  if known then return known end
  local actions = {}
  for item in text:gmatch("[^,]+") do
    local name, parts = item:match("^S(%x+)=(.*)$")
    if name then
      local action = { name = unhex(name), parts = {} }
      for part in parts:gmatch("[^+]+") do action.parts[#action.parts + 1] = parse_part(part) end
      actions[#actions + 1] = action
    else
      actions[#actions + 1] = { name = unhex(item:sub(2)) }
    end
  end
  -- Routes come and go for as long as the worker lives; what is remembered must not grow with that.
  if count >= 1000 then parsed, count = {}, 0 end
  parsed[text], count = actions, count + 1
  return actions
end

local function evaluate(txn, part, header)
  if part.kind == "t" then return part.text end
  local value
  if part.kind == "h" then value = header(part.text) else value = txn.f:ssl_c_der() end
  value = value or ""
  local quoted = false
  for _, step in ipairs(part.steps) do
    if step == "lower" then value = txn.sc:lower(value)
    elseif step == "base64" then value = txn.sc:base64(value)
    elseif step == "E" then value = value:gsub('["\\%]]', "\\%0")
    elseif step == "Q" then quoted = true end
  end
  if quoted then return '"' .. value .. '"' end
  return value
end

local function apply(txn, actions, header, set, delete)
  for _, action in ipairs(actions) do
    if action.parts then
      local values = {}
      for index, part in ipairs(action.parts) do values[index] = evaluate(txn, part, header) end
      set(action.name, table.concat(values))
    else
      delete(action.name)
    end
  end
end

core.register_action("fairway_request_headers", { "http-req" }, function(txn)
  local text = txn:get_var("txn.request")
  if not text then return end
  apply(txn, parse(text),
    function(name) return txn.f:req_hdr(name) end,
    function(name, value) txn.http:req_set_header(name, value) end,
    function(name) txn.http:req_del_header(name) end)
end)

core.register_action("fairway_response_headers", { "http-res" }, function(txn)
  local text = txn:get_var("txn.response")
  if not text then return end
  apply(txn, parse(text),
    function(name) return txn.f:res_hdr(name) end,
    function(name, value) txn.http:res_set_header(name, value) end,
    function(name) txn.http:res_del_header(name) end)
end)
