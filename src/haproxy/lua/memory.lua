-- Loaded first in every Lua state: the common one and one for each thread. HAProxy 2.6 describes every proxy, twice, and every server in
-- tables of each state when it starts (core.proxies, core.frontends, core.backends; src/hlua_fcn.c, hlua_fcn_post_init), newer ones only what is
-- asked for. With 10,000 backends these are 25 MB a state. Nothing here reads them. They are given back as soon as they are made, so that the
-- next state is built from the same memory.
-- The collector stands still meanwhile: until then all of it is in use, and looking at it again and again would only delay the start.

collectgarbage("stop")

core.register_init(function()
  core.proxies, core.frontends, core.backends = nil, nil, nil
  collectgarbage("restart")
  collectgarbage("collect")
end)
