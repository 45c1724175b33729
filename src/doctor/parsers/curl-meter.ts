/**
 * What curl says with -v, without the meter that it writes in front when its output goes to a file or a pipe (`-o`, `| tee`):
 * `  0     0    0     0    0     0      0      0 --:--:--  0:00:02 --:--:--     0* connect to fd00:80::99 port 8080 failed: No route to host`.
 */
export function withoutMeter(text: string): string {
  return text.includes(':--') ? text.replace(/^.*[\d-]:[\d-]{2}:[\d-]{2}\s+\d+[kMGTP]?(?=[*<>] )/, '') : text;
}
