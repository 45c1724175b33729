/**
 * What people see before they know a layer, with the findings that may be behind it: the second way into docs/findings/.
 * The likeliest first. A test holds it to the catalogue both ways.
 */
export interface Symptom {
  readonly seen: string;
  readonly codes: readonly string[];
}

export const symptoms: readonly Symptom[] = [
  {
    seen: 'Connections to the virtual address time out',
    codes: ['L2-05', 'L2-01', 'LV-01', 'LV-02', 'LV-03', 'LV-04', 'LV-05', 'LV-08', 'LV-09', 'LV-10', 'LV-13', 'FW-01', 'FW-02', 'FW-05', 'FW-06', 'RT-01', 'RT-02', 'RT-05', 'RT-07', 'L2-12', 'L2-14', 'L2-15', 'VR-07', 'DNS-06'],
  },
  { seen: 'It connects, and then nothing comes', codes: ['TL-01', 'L2-01', 'L2-02', 'FW-03', 'TC-01', 'TC-02', 'TC-06', 'PP-01', 'RT-03', 'LV-20', 'DNS-08', 'CT-10', 'CT-07'] },
  { seen: 'Connection refused or reset', codes: ['FW-07', 'TC-08', 'VR-07', 'LV-06', 'LV-07', 'LV-11', 'LV-17', 'PP-01', 'PP-04', 'EP-06', 'RO-14', 'RT-04', 'CT-09'] },
  { seen: 'It works for some, or some of the time', codes: ['L2-02', 'L2-03', 'L2-04', 'L2-10', 'L2-11', 'VR-01', 'VR-02', 'VR-03', 'VR-04', 'DNS-03', 'RO-05', 'RO-04', 'AF-01', 'LV-12', 'TC-07', 'RT-03', 'RT-04', 'EP-09', 'L2-09', 'CT-08', 'TC-09'] },
  { seen: 'It stopped after a failover, or the address moves by itself', codes: ['VR-06', 'VR-01', 'VR-05', 'VR-08', 'VR-09', 'L2-07', 'L2-01', 'L2-06', 'L2-13', 'LV-18', 'L2-09', 'RT-06'] },
  { seen: 'New connections fail under load', codes: ['CT-01', 'CT-02', 'CT-03', 'CT-04', 'CT-05', 'CT-06', 'CT-08', 'TC-02', 'TC-03', 'TC-04', 'TC-05', 'RO-10', 'L2-08', 'FW-10'] },
  { seen: 'Probes fail and containers are started again', codes: ['CT-11', 'CT-01', 'PP-03', 'RO-18', 'VR-08', 'EP-03'] },
  { seen: 'The certificate is the wrong one, or is refused', codes: ['TL-02', 'TL-03', 'TL-04', 'TL-05', 'TL-06', 'TL-11', 'TL-12', 'TL-13', 'TL-07', 'TL-14', 'TC-09'] },
  { seen: 'It works with curl and not in a browser', codes: ['TL-08', 'TL-10', 'TL-04', 'AF-06', 'TL-09'] },
  { seen: '400, 431, or a request that is not understood', codes: ['PP-02', 'RO-12', 'TL-14'] },
  { seen: '502', codes: ['RO-09', 'RO-12', 'EP-07', 'TL-13'] },
  { seen: '503', codes: ['RO-01', 'RO-02', 'RO-03', 'RO-06', 'RO-07', 'RO-10', 'EP-01', 'EP-02', 'EP-03', 'EP-04', 'EP-05', 'EP-08', 'LV-11'] },
  { seen: '504, or answers that take seconds', codes: ['RO-08', 'RO-16', 'RO-17', 'DNS-07', 'DNS-09', 'LV-14', 'TC-03', 'TC-01'] },
  { seen: 'Sessions are lost, or one server has all the work', codes: ['AF-01', 'AF-02', 'AF-03', 'AF-04', 'AF-05', 'AF-06', 'AF-07', 'LV-16', 'LV-12'] },
  { seen: 'The name does not resolve, or resolves elsewhere', codes: ['DNS-01', 'DNS-02', 'DNS-04', 'DNS-05', 'DNS-06', 'DNS-07', 'DNS-08', 'DNS-09'] },
  { seen: 'Long or idle connections end', codes: ['CT-10', 'RO-17', 'RO-16', 'RO-11', 'RO-13', 'RO-15', 'LV-18'] },
  { seen: 'Somebody may get in who should not', codes: ['FW-09', 'TL-09', 'TL-11', 'PP-05', 'RO-19', 'RO-20', 'EP-08'] },
  { seen: 'A rule or a cure has no effect', codes: ['FW-08', 'FW-04', 'FW-10', 'CT-04', 'L2-04', 'LV-15', 'VR-10'] },
  { seen: 'The evidence itself is incomplete', codes: ['FW-11', 'FW-12', 'LV-19'] },
];
