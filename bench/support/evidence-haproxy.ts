import { many } from './evidence-words.ts';
import type { Draw, HostPlan } from './evidence-words.ts';

const backends = 100;
const servers = [0, 1] as const;
const address = (app: number, server: number): string => `10.244.${31 + (app % 5)}.${2 + ((app * 2 + server) % 200)}`;

export const haproxyConfig = (plan: HostPlan): string[] => (plan.role !== 'router' ? [] : [
  'global', '    log /dev/log local0', '    maxconn 20000', '    stats socket /run/haproxy/admin.sock mode 660 level admin', '    ssl-default-bind-options ssl-min-ver TLSv1.2', '', 'defaults', '    mode http', '    option httplog', '    timeout connect 5s', '    timeout client 30s', '    timeout server 30s', '    timeout tunnel 10m', '',
  'frontend fe_https', '    bind :443 ssl crt /etc/haproxy/certs/ alpn h2,http/1.1', '    use_backend %[req.hdr(host),lower,map_str(/etc/haproxy/hosts.map)]', '',
  ...many(backends, String).flatMap((app) => [`backend be_app_${app}`, '    balance leastconn', '    option httpchk GET /healthz', ...servers.map((server) => `    server pod-${app}-${server} ${address(Number(app), server)}:8080 check inter 5s`), '']),
]);

const columns = 'pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,'.split(',');

const row = (values: Readonly<Record<string, string | number>>): string => columns.map((name) => String(values[name] ?? (name === '-' || name === '' ? '' : values['svname'] === 'FRONTEND' && /^(?:status|check)/.test(name) ? '' : /^(?:stot|bin|bout|hrsp|lbtot|econ|eresp|wretr|wredis|scur|smax|qcur|qmax)/.test(name) ? 0 : ''))).join(',');

export const showStat = (plan: HostPlan, draw: Draw): string[] => (plan.role !== 'router' ? [] : [
  `# ${columns.join(',')}`, row({ pxname: 'fe_https', svname: 'FRONTEND', scur: 300, smax: 900, slim: 20_000, stot: 900_000, status: 'OPEN', type: 0, mode: 'http', rate: 50, rate_max: 400, hrsp_2xx: 890_000 }),
  ...many(backends, String).flatMap((app) => {
    const total = 9000 + draw.below(20);
    return [
      ...servers.map((server) => row({ pxname: `be_app_${app}`, svname: `pod-${app}-${server}`, scur: 1, smax: 20, stot: total, lbtot: total, status: 'UP', weight: 1, act: 1, bck: 0, chkfail: 0, chkdown: 0, lastchg: 43_000, downtime: 0, type: 2, check_status: 'L7OK', check_code: 200, check_duration: 2, hrsp_2xx: total, addr: `${address(Number(app), server)}:8080`, mode: 'http', last_chk: 'OK', rtime: 30, ttime: 40 })),
      row({ pxname: `be_app_${app}`, svname: 'BACKEND', scur: 2, smax: 40, slim: 2000, stot: 2 * total, lbtot: 2 * total, status: 'UP', weight: 2, act: 2, bck: 0, lastchg: 43_000, type: 1, mode: 'http', algo: 'leastconn', hrsp_2xx: 2 * total }),
    ];
  }),
]);

export const showInfo = (draw: Draw): string[] => ['Name: HAProxy', 'Version: 2.6.12-1', 'Nbthread: 2', 'Process_num: 1', 'Pid: 2201', 'Uptime_sec: 43200', 'Maxconn: 20000', 'Hard_maxconn: 20000', 'CurrConns: 301', `CumConns: ${900_000 + draw.below(1000)}`, 'MaxConnRate: 420', 'CurrSslConns: 300', 'Tasks: 640', 'Run_queue: 1', 'Idle_pct: 93', 'Stopping: 0', 'Jobs: 310', 'Listeners: 4'];

export const serversState = (): string[] => ['1', '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port', ...many(backends, String).flatMap((app, at) => servers.map((server) => `${at + 3} be_app_${app} ${server + 1} pod-${app}-${server} ${address(at, server)} 2 0 1 1 43000 15 3 4 6 0 0 0 - 8080 - 0 0 - - 0`))];

export const showMap = (): string[] => ['# id (file) description', '1 (/etc/haproxy/hosts.map) pattern loaded from file'];
export const showTable = (): string[] => [];
export const showProc = (): string[] => ['#<PID>          <type>          <reloads>       <uptime>        <version>      ', '2200            master          0               0d12h00m00s     2.6.12-1', '# workers', '2201            worker          0               0d12h00m00s     2.6.12-1', '# old workers', '# programs'];
