import fc from 'fast-check';
import { expect, test } from 'vitest';
import { options, route, slice, viewOf } from '../../test/support/admission-objects.ts';
import type { HeaderAction, RouteTls } from '../resources/route.ts';
import { createAdmission } from './admit.ts';
import { annotationNames } from './annotations/annotation-names.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '/', 'a', '/a', 'a.test', 'web', '30s', 'true', 'Lax', 'max-age=1', '10.0.0.0/8'),
  fc.array(fc.constantFrom('a', '/', '.', '\n', '\r', '\t', ' ', '\0', '"', "'", '\\', ';', '#', '%', '%[', ']', '%[env(HOME)]', '%[req.hdr(a)]', '$', '${name}', '<<', '-----BEGIN CERTIFICATE-----', '\u2028', '\ud800', '*', '..', '1'), { maxLength: 12 }).map((parts) => parts.join('')),
);
const short = fc.oneof({ weight: 20, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: nasty });
const or = (usual: string) => short.map((value) => value ?? usual);
const actions = fc.array(fc.oneof(fc.record({ type: fc.constant('Set' as const), name: or('X-A'), value: fc.oneof(or('x'), nasty) }), fc.record({ type: fc.constant('Delete' as const), name: or('X-B') })), { maxLength: 2 }) as fc.Arbitrary<HeaderAction[]>;
const tls: fc.Arbitrary<RouteTls | null> = fc.option(fc.record({
  termination: fc.constantFrom('edge', 'reencrypt', 'edge', 'passthrough', 'x\n'), certificate: or(''), key: or(''), caCertificate: or(''), destinationCACertificate: or(''), insecureEdgeTerminationPolicy: or(''), externalCertificate: or(''),
}));
const routes = fc.record({
  host: or('www.example.com'), subdomain: or(''), path: or('/a'), name: or('web'), namespace: or('shop'), wildcardPolicy: or('None'), tls, requestHeaders: actions, responseHeaders: actions,
  targetPort: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 65535 }), fc.constant('http'), fc.integer(), nasty), to: fc.record({ kind: fc.constant('Service'), name: or('web'), weight: fc.constant(1) }),
  annotations: fc.dictionary(fc.constantFrom(...Object.keys(annotationNames)), nasty, { maxKeys: 6 }),
});

/** Nothing that a claim carries can end a line, a word in quotes or a field of a map. */
const safe = /^[^\u0000-\u001f\u007f]*$/;

test('property: whatever a route says, nothing throws and nothing unjudged reaches a claim or breaks a message', () => {
  let admitted = 0;
  fc.assert(fc.property(routes, (fields) => {
    const { verdicts, claims } = createAdmission(options({ allowWildcardRoutes: true, hostnameTemplate: '${name}.apps.test' }))(viewOf([route(fields), slice('shop', 'web')]));
    for (const { refusals, warnings } of verdicts) {
      for (const { message, hint } of [...refusals, ...warnings]) expect([message, hint].every((text) => safe.test(text) && text.length < 600)).toBe(true);
    }
    for (const claim of claims) {
      admitted += 1;
      expect(claim.host).toMatch(/^[a-z0-9.-]{1,253}$/);
      expect(claim.path).toMatch(/^(?:\/[^\s#"\\\u0000-\u0020\u007f]*)?$/);
      for (const { name } of claim.services) expect(name).toMatch(/^[a-z0-9.-]{1,253}$/);
      expect(claim.targetPort ?? 'x').toMatch(/^[A-Za-z0-9._-]{1,63}$/);
      expect(`${claim.route.metadata.namespace}/${claim.route.metadata.name}`).toMatch(/^[a-z0-9-]+\/[a-z0-9.-]+$/);
      const { settings } = claim;
      expect(settings.cookie?.name ?? 'x').toMatch(/^[A-Za-z0-9_-]+$/);
      expect(settings.hsts ?? 'max-age=1').toMatch(/^[A-Za-z0-9;="  -]+$/);
      expect(settings.rewriteTarget ?? '/').toMatch(/^\/[^\s"'\\#]*$/);
      for (const cidr of settings.allowList ?? []) expect(cidr).toMatch(/^[0-9a-f.:]+\/[0-9]+$/);
      for (const number of [settings.timeoutServer, settings.timeoutTunnel, settings.checkInterval, settings.memberMaxConnections, ...Object.values(settings.rateLimit ?? {})]) {
        expect(number === null || (Number.isInteger(number) && number >= 0 && number <= 2_147_483_647)).toBe(true);
      }
      for (const action of [...settings.requestHeaders, ...settings.responseHeaders]) {
        expect(action.name).toMatch(/^[-!#$%&'*+.0-9A-Z^_`a-z|~]+$/);
        if (action.type === 'Set') expect(action.value.replace(/%%|%(\{[^}]*\})?\[(?:re[qs]\.hdr\([0-9A-Za-z-]+\)|ssl_c_der)(?:,(?:lower|base64))*\]/g, '')).toMatch(/^[^%\u0000-\u001f\u007f]*$/);
      }
    }
  }), { numRuns: 2000 });
  // Otherwise the property would hold by refusing everything.
  expect(admitted).toBeGreaterThan(50);
});
