/**
 * The shell function `hide` of the collecting script. Pseudonyms, not anonymity: whoever knows the key, or one pair, learns something.
 * Octets are combined with a number made of the key and of the octets before them, which keeps equal addresses equal and every
 * prefix a prefix (also one of 20 or 26 bits), so that the doctor still understands the networks.
 */
export const hideFunction = `# Addresses: every octet but the first is changed by the key and what stands before it, so that equal stays equal, and networks stay
# networks. Names: this host's. Passwords always: only whether two are equal can still be seen, where the key was the same (the
# digits in the middle). The key goes by the environment: a list of processes, which is collected too, shows arguments.
hide() {
  FAIRWAY_KEY=$KEY awk -v redact="$REDACT" -v host="$HOST" -v short="$SHORT" '
    function hash(text,  i, h) { h = 5381; for (i = 1; i <= length(text); i++) h = (h * 33 + ord[substr(text, i, 1)] + 1) % 16777213; return h }
    function flip(a, b,  i, bit, r) { r = 0; bit = 1; for (i = 0; i < 8; i++) { if (int(a / bit) % 2 != int(b / bit) % 2) r += bit; bit *= 2 } return r }
    function ipv4(text,  p) {
      split(text, p, ".")
      if (p[1] + 0 > 255 || p[2] + 0 > 255 || p[3] + 0 > 255 || p[4] + 0 > 255) return text
      if (p[1] == 0 || p[1] == 127 || p[1] >= 224 || (p[1] == 169 && p[2] == 254)) return text
      return p[1] "." flip(p[2], hash(key p[1]) % 256) "." flip(p[3], hash(key p[1] "." p[2]) % 256) "." flip(p[4], hash(key p[1] "." p[2] "." p[3]) % 256)
    }
    function mac(text,  p, i, r) {
      if (text ~ /^(00:00:00:00:00:00|[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]|33:33:.*|01:00:5[eE]:.*|00:00:5[eE]:00:0[12]:.*)$/) return text
      split(tolower(text), p, ":")
      r = p[1] ":" p[2] ":" p[3]
      for (i = 4; i <= 6; i++) r = r sprintf(":%02x", flip(hex(p[i]), hash(key r) % 256))
      return r
    }
    function hex(text,  i, r) { r = 0; for (i = 1; i <= length(text); i++) r = r * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1; return r }
    function each(line, pattern, kind,  out, found) {
      out = ""
      while (match(line, pattern)) {
        found = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1) (kind == 4 ? ipv4(found) : kind == 6 ? "fd00::" sprintf("%x", hash(key tolower(found)) % 65536) : mac(found))
        line = substr(line, RSTART + RLENGTH)
      }
      return out line
    }
    function whole(line, from, to,  at, out) {
      out = ""
      while (length(from) > 1 && (at = index(line, from)) > 0) { out = out substr(line, 1, at - 1) to; line = substr(line, at + length(from)) }
      return out line
    }
    BEGIN { for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i; key = ENVIRON["FAIRWAY_KEY"]; which = sprintf("%03x", hash(key) % 4096) }
    {
      line = $0
      if (length(key) > 3 && index(line, key) > 0) {
        line = whole(line, "-k " key, "-k hidden")
        line = whole(line, "-k" key, "-k hidden")
        line = whole(line, "--redact-key " key, "--redact-key hidden")
        line = whole(line, "--redact-key=" key, "--redact-key=hidden")
      }
      if (match(line, /(auth_pass|[Pp]assword|passwd|stats auth|[Ss]et-[Cc]ookie:|[Cc]ookie:|[Aa]uthorization:|secret|token)[ \\t:=]+/))
        line = substr(line, 1, RSTART + RLENGTH - 1) "hidden-" which "-" sprintf("%06x", hash(key substr(line, RSTART + RLENGTH)))
      if (redact != "") {
        line = each(line, "[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]", 1)
        line = each(line, "[23][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f:]*:[0-9A-Fa-f]*", 6)
        line = each(line, "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+", 4)
        line = whole(line, host, "host-" sprintf("%06x", hash(key host)))
        line = whole(line, short, "host-" sprintf("%06x", hash(key host)))
      }
      print line
    }'
}
`;
