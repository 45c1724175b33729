import type { Claim, ClaimSettings } from '../../src/admission/claim.ts';
import type { Member, Rule, RoutingTable, RuleSettings } from '../../src/table/routing-table.ts';
import { metadata, route } from './admission-objects.ts';

export const claimSettings = (changes: Partial<ClaimSettings> = {}): ClaimSettings => ({
  balance: null, allowList: null, timeoutServer: null, timeoutTunnel: null, rateLimit: null, memberMaxConnections: null, checkInterval: null,
  cookie: { name: null, sameSite: 'None' }, hsts: null, forwardedHeaders: null, rewriteTarget: null, h1AdjustCase: false, requestHeaders: [], responseHeaders: [],
  ...changes,
});

type ClaimChanges = Partial<Omit<Claim, 'route' | 'settings'>> & {
  readonly namespace?: string; readonly name?: string; readonly created?: number; readonly uid?: string; readonly settings?: Partial<ClaimSettings>;
};

/** `shop/web` may have `www.example.com`, served by its service `web`. */
export const claim = ({ namespace = 'shop', name = 'web', created = 0, uid, settings = {}, ...fields }: ClaimChanges = {}): Claim => ({
  route: { ...route({ namespace, name }), metadata: metadata(namespace, name, { creationTimestamp: created, ...(uid === undefined ? {} : { uid }) }) },
  host: 'www.example.com', wildcard: false, path: '', termination: 'none', insecure: 'none',
  services: [{ name: 'web', weight: 100 }], targetPort: null, certificate: null, destinationCa: null, settings: claimSettings(settings),
  ...fields,
});

export const ruleSettings = (changes: Partial<RuleSettings> = {}): RuleSettings => ({
  cookie: { name: 'sticky', attributes: '' }, timeoutServer: null, timeoutTunnel: null, allowList: null, rateLimit: null, hsts: null,
  forwardedHeaders: 'append', rewrite: null, requestHeaders: [], responseHeaders: [], h1AdjustCase: false,
  ...changes,
});

export const member = (id: string, changes: Partial<Member> = {}): Member => ({
  id, label: `ept:web::${id}`, address: '127.0.0.1', port: 8080, weight: 1, service: 'web', pod: '', protocol: 'http', verifyHost: null, checked: false, ...changes,
});

type RuleChanges = Partial<Omit<Rule, 'settings' | 'pool' | 'age'>> & {
  readonly settings?: Partial<RuleSettings>; readonly pool?: Partial<Rule['pool']>; readonly created?: number; readonly uid?: string;
};

/** A rule with one member; its id is `shop/web`, its host `www.example.com`. */
export const rule = ({ id = 'shop/web', settings = {}, pool = {}, created = 0, uid = id, ...fields }: RuleChanges = {}): Rule => {
  const termination = fields.termination ?? 'none';
  return {
    id, host: 'www.example.com', wildcard: false, path: '', termination, insecure: 'none',
    settings: ruleSettings({ ...(termination === 'passthrough' ? { cookie: null } : {}), ...settings }),
    pool: {
      mode: termination === 'passthrough' ? 'tcp' : 'http', balance: 'random', members: [member(`m-${id.replace('/', '-')}`)],
      tls: termination === 'reencrypt' ? { ca: null } : null, memberMaxConnections: null, checkInterval: 5000, ...pool,
    },
    age: { created, uid },
    ...fields,
  };
};

export const table = (changes: Partial<RoutingTable> = {}): RoutingTable => ({ rules: [], certificates: [], defaultCertificate: 'default', refused: [], ...changes });
