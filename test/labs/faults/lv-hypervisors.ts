import type { Lab, Probe, World } from '../lab.ts';
import { clientNetwork, macOf, neutronChains, onHypervisor, pairRule, spoofChain } from './lv-hypervisor-networks.ts';
import { directorAddress, serverAddresses, vip } from './lv-networks.ts';

const once = ['-i', '0'] as const;
/** Counters of the hypervisor in two samples: whether a rule still drops is part of the answer. */
const machine = { needs: 'machine', programs: ['iptables'], inTests: false, collectArguments: { client: once, director: once, rs1: once } } as const;

async function ask(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`curl -sS --max-time 2 http://${vip}/`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
}

/** Somebody who does not give up: the director's table has fresh rows whenever it is looked at. */
async function another(world: World): Promise<void> {
  await world.of('client').start('another', `sh -c "while :; do curl -sS --max-time 2 http://${vip}/; sleep 4; done"`);
}

export const lvHypervisors: readonly Lab[] = [
  {
    ...machine, name: 'lv-director-antispoof', about: 'The hypervisor of the director drops what the director forwards: the source is the client.',
    codes: ['LV-02', 'LV-01'], silent: ['LV-03', 'LV-04', 'LV-05', 'LV-06', 'FW-02', 'LV-19'], proof: /Drop traffic without an IP\/MAC allow rule/,
    build: async (world) => {
      await onHypervisor(world, 'director');
      const mac = await macOf(world.of('director'));
      await neutronChains(world.of('compute'), [[`${vip}/32`, mac], [`${directorAddress}/32`, mac], [clientNetwork, mac]]);
      await another(world);
    },
    break: async (world) => { await world.of('compute').run(`iptables -D ${spoofChain} 3`); },
    fix: async (world, finding) => {
      const mac = await macOf(world.of('director'));
      // There is no OpenStack here: this is what its agent does when the port gets that pair.
      await world.apply(world.of('compute'), finding, pairRule(clientNetwork, mac), new RegExp(`openstack port set --allowed-address ip-address=CLIENT-NETWORK,mac-address=${mac}`, 'i'));
    },
    probe: ask,
  },
  {
    ...machine, name: 'lv-server-antispoof', about: 'The hypervisor of a real server drops its answers: their source is the virtual address.',
    codes: ['LV-03', 'LV-01'], silent: ['LV-02', 'LV-04', 'LV-05', 'LV-06', 'LV-19'], proof: /Drop traffic without an IP\/MAC allow rule/,
    build: async (world) => {
      await onHypervisor(world, 'rs1');
      const mac = await macOf(world.of('rs1'));
      await neutronChains(world.of('compute'), [[`${serverAddresses.rs1}/32`, mac], [`${vip}/32`, mac]]);
      await another(world);
    },
    break: async (world) => { await world.of('compute').run(`iptables -D ${spoofChain} 2`); },
    fix: async (world, finding) => { await world.apply(world.of('compute'), finding, pairRule(`${vip}/32`, await macOf(world.of('rs1'))), /openstack port set --allowed-address ip-address=10\.70\.0\.100 /); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-docker-policy', about: 'Docker was installed on the hypervisor of a real server: the policy of FORWARD is DROP, and bridged frames meet it.',
    codes: ['LV-04', 'LV-01'], silent: ['LV-02', 'LV-03', 'LV-05', 'LV-06'], proof: /^:FORWARD DROP/,
    build: async (world) => { await onHypervisor(world, 'rs1'); await another(world); },
    break: async (world) => {
      await world.of('compute').write('/run/docker.rules', `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
`);
      await world.of('compute').run('iptables-restore < /run/docker.rules');
    },
    fix: async (world, finding) => { await world.apply(world.of('compute'), finding, `iptables -I DOCKER-USER -d ${vip} -p tcp --dport 80 -j ACCEPT; iptables -I DOCKER-USER -s ${vip} -p tcp --sport 80 -m conntrack --ctstate ESTABLISHED -j ACCEPT`, /iptables -I DOCKER-USER -d 10\.70\.0\.100 -p tcp --dport 80 -j ACCEPT; iptables -I DOCKER-USER -s 10\.70\.0\.100 -p tcp --sport 80 -m conntrack --ctstate ESTABLISHED -j ACCEPT/); },
    probe: ask,
  },
];
