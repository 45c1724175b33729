import { expect, test } from 'vitest';
import { parseShowStat } from './show-stat.ts';

// HAProxy 2.6.12, `show stat` after one request and one failed check.
const captured = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,
public,FRONTEND,,,0,2,9985,1,68,217,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,1,0,1,,,,0,0,0,0,1,0,,1,1,1,,,0,0,0,0,,,,,,,,,,,,,,,,,,,,,http,,1,1,1,0,0,0,0,,,0,0,,,,,,,0,,,,,,,,,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,65,214,0,0,
http-random.00001,pod:web-1:web:http:127.0.0.1:9,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,3,1,0,1,1,2,2,,1,3,1,,0,,2,0,,0,L4CON,,0,0,0,0,0,0,0,,,,0,0,0,,,,,-1,Connection refused,,0,0,0,0,,,,Layer4 connection problem,,2,3,0,,,,127.0.0.1:9,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,1,3,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,
http-random.00001,s2,0,0,0,0,,0,0,0,,0,,0,0,0,0,MAINT,1,1,0,,,2,,,1,3,2,,0,,2,0,,0,,,,0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:10,,http,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,
http-random.00001,BACKEND,0,0,0,1,999,1,68,217,0,0,,1,0,0,0,DOWN,0,0,0,,1,2,2,,1,3,0,,0,,1,1,,1,,,,0,0,0,0,1,0,,,,1,0,0,0,0,0,0,-1,,,0,0,0,0,,,,,,,,,,,,,,http,unknown,,,,,,,0,0,0,0,0,,,0,0,0,0,0,,,,,0,0,0,0,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,8,8,0,0,0,0,
tcp-source.00001,s1,0,0,0,0,,0,0,0,,0,,0,0,0,0,no check,1,1,0,,,2,,,1,4,1,,0,,2,0,,0,,,,,,,,,,,,,,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:11,,tcp,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,
tcp-source.00001,BACKEND,0,0,0,0,1,0,0,0,0,0,,0,0,0,0,UP,1,1,0,,0,2,0,,1,4,0,,0,,1,0,,0,,,,,,,,,,,,,,0,0,0,0,0,0,-1,,,0,0,0,0,,,,,,,,,,,,,,tcp,roundrobin,,,,,,,0,0,0,,,,,0,0,0,0,0,,,,,1,0,0,0,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,

`;

test('real output of 2.6 is read by the names of its columns', () => {
  const table = parseShowStat(captured);
  expect(table!.columns.length).toBe(128);
  expect([...table!.rows(['pxname', 'svname', 'status', 'scur', 'stot', 'hrsp_5xx', 'weight', 'addr', 'h1_total_streams'])]).toEqual([
    ['public', 'FRONTEND', 'OPEN', '0', '1', '1', '', '', '1'],
    ['http-random.00001', 'pod:web-1:web:http:127.0.0.1:9', 'DOWN', '0', '0', '0', '3', '127.0.0.1:9', ''],
    ['http-random.00001', 's2', 'MAINT', '0', '0', '0', '1', '127.0.0.1:10', ''],
    ['http-random.00001', 'BACKEND', 'DOWN', '0', '1', '1', '0', '', '8'],
    ['tcp-source.00001', 's1', 'no check', '0', '0', '', '1', '127.0.0.1:11', ''],
    ['tcp-source.00001', 'BACKEND', 'UP', '0', '0', '', '1', '', '0'],
  ]);
});

test('a column that is not there is empty', () => {
  expect([...parseShowStat(captured)!.rows(['pxname', 'of_the_future'])][0]).toEqual(['public', '']);
});

test('quoted fields may hold commas and quotes', () => {
  const table = parseShowStat('# pxname,svname,last_chk,status,\na,s,"says ""no"", twice",DOWN,\nb,s,"",UP,\n');
  expect([...table!.rows(['pxname', 'last_chk', 'status'])]).toEqual([['a', 'says "no", twice', 'DOWN'], ['b', '', 'UP']]);
});

test('an answer cut short loses that row alone, and says so', () => {
  const rows = parseShowStat('# pxname,svname,status,weight,\na,s,UP,1,\nb,s,"U')!.rows(['pxname', 'status']);
  expect(rows.next().value).toEqual(['a', 'UP']);
  expect(rows.next()).toEqual({ done: true, value: 1 });
});

test.each(['', 'Unknown command: show', '# pxname,svname', 'Permission denied\n'])('%j is no statistics', (text) => {
  expect(parseShowStat(text)).toBeNull();
});
