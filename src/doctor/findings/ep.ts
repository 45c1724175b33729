import { family } from './entry.ts';

/** Endpoints: whether a service has anybody behind it, and whether the router may reach them. */
export const ep = family({
  'EP-01': {
    code: 'EP-01', name: 'port-mismatch', title: 'A service sends to a port that its pods do not have', severity: 'error',
    message: 'Service {service} sends to port {port} of its pods, and {pod} has {ports}.',
    fix: [{ text: 'Make targetPort the name or number of a port that the container listens on.', command: 'kubectl -n {namespace} edit service {name}' }],
    verify: { text: 'The endpoints have the port.', command: 'kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name} -o yaml' },
    explains: ['RO-06', 'RO-07'],
    page: {
      happens: 'A targetPort that is a name must be the name of a container port: otherwise the pod gives no endpoint at all. A number that nobody listens on is refused at each connection.',
      evidence: 'The targetPort of the service and the ports of the containers that its selector finds.',
      lookAlikes: [{ code: 'EP-06', what: 'The program listens on loopback only', tell: 'the port is the same' }, { code: null, what: 'Containers that declare no ports', tell: 'a number then proves nothing: the list is for information' }],
    },
  },
  'EP-02': {
    code: 'EP-02', name: 'selector-empty', title: 'The selector of a service finds no pod', severity: 'error',
    message: 'The selector of service {service} ({selector}) finds no pod{nearest}.',
    fix: [{ text: 'Make the selector and the labels of the pod template the same.', command: 'kubectl -n {namespace} get pods --show-labels' }],
    verify: { text: 'Pods are listed.', command: 'kubectl -n {namespace} get pods -l {selector}' },
    explains: ['RO-06'],
    page: {
      happens: 'Every label of the selector must be on the pod. After a renaming of labels the service stays, without endpoints, and routers answer 503.',
      evidence: 'A service with a selector, its endpoints captured and empty (or all pods of the namespace listed), and no captured pod with these labels.',
      lookAlikes: [{ code: 'EP-03', what: 'Pods that are not ready', tell: 'they are found' }, { code: null, what: 'A service without a selector', tell: 'somebody else writes its endpoints' }],
    },
  },
  'EP-03': {
    code: 'EP-03', name: 'not-ready', title: 'No endpoint of a service is ready', severity: 'error',
    message: 'None of the {count} endpoints of service {service} is ready{why}.',
    fix: [{ text: 'Find out why the readiness probe fails: from inside the pod, then from its node.', command: 'kubectl -n {namespace} describe pods' }],
    verify: { text: 'Endpoints are ready.', command: 'kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name}' },
    explains: ['RO-06'],
    page: {
      happens: 'Pods that fail their readiness probe are kept out of the service. When all do, there is nobody left.',
      evidence: 'All endpoints of the captured EndpointSlices have ready: false (or stand under notReadyAddresses).',
      lookAlikes: [{ code: 'EP-02', what: 'No pod at all', tell: 'no endpoints' }, { code: null, what: 'One of several pods that is not ready', tell: 'a rollout; the others serve' }],
    },
  },
  'EP-04': {
    code: 'EP-04', name: 'etp-local-empty', title: 'Traffic reaches a node that has no endpoint of the service', severity: 'error',
    message: 'Service {service} has externalTrafficPolicy Local, {node} gets its traffic ({address}) and has no ready endpoint: the packets are dropped there.',
    fix: [
      { text: 'Let the balancer ask the health check port of the service, so that only nodes with endpoints get traffic.' },
      { text: 'Run a pod on every node that gets traffic (a DaemonSet, or affinity).' },
      { text: 'Use externalTrafficPolicy Cluster; the pods then no longer see the clients\' addresses.' },
    ],
    verify: { text: 'The node has an endpoint.', command: 'kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name} -o yaml | grep nodeName' },
    explains: ['LV-11'],
    page: {
      happens: 'With Local a node passes traffic on to its own pods only. A node without one drops it.',
      evidence: 'The service\'s external address is on an interface of a host that no ready endpoint names as its node.',
      lookAlikes: [{ code: null, what: 'A node without endpoints that gets no traffic', tell: 'that is how Local is meant' }, { code: 'EP-03', what: 'No endpoint ready anywhere', tell: 'all of them' }],
    },
  },
  'EP-05': {
    code: 'EP-05', name: 'networkpolicy', title: 'A network policy does not let the router in', severity: 'error',
    message: 'Network policy {policy} selects the pods of service {service} and does not allow {router} to reach them{where}.',
    fix: [
      { text: 'Allow the router\'s namespace in the policy, for the port that is served.', command: 'kubectl -n {namespace} edit networkpolicy {policyName}' },
      { text: 'Allow every namespace.', widensAccess: 'any pod of the cluster may then reach them' },
    ],
    verify: { text: 'The router reaches a pod.', command: 'kubectl -n {routerNamespace} exec deploy/{routerName} -- curl -sS -m 3 -o /dev/null http://POD:PORT/' },
    explains: ['RO-06', 'RO-07'],
    page: {
      happens: 'A pod that any ingress policy selects accepts only what some policy allows. The router is a client from another namespace.',
      evidence: 'A policy of type Ingress whose podSelector fits the pods of a routed service, and no rule of any such policy whose from fits the router\'s pod and namespace, with a port that the service leads to.',
      lookAlikes: [{ code: null, what: 'A second policy that allows it', tell: 'policies add up' }, { code: 'FW-01', what: 'A rule of the node', tell: 'not an object of the cluster' }],
    },
  },
  'EP-06': {
    code: 'EP-06', name: 'loopback-bind', title: 'The program in a pod listens on loopback only', severity: 'error',
    message: 'In pod {pod} port {port} is bound to {address} only: service {service} cannot reach it.',
    fix: [{ text: 'Let the program listen on all addresses of the pod (0.0.0.0 or ::).' }],
    verify: { text: 'The listener is on * or the pod\'s address.', command: 'kubectl -n {namespace} exec {pod} -- ss -ltn' },
    explains: ['RO-07', 'EP-03'],
    page: {
      happens: 'A program that listens on 127.0.0.1 is reached from its own pod only, where a test with curl succeeds. From outside connections are refused.',
      evidence: 'ss from inside the pod: the targetPort of the service on 127.0.0.1 or ::1 and on no other address.',
      lookAlikes: [{ code: 'EP-01', what: 'Another port', tell: 'the port is not in the list' }, { code: null, what: 'A side car that listens on all addresses', tell: 'another row for the same port' }],
    },
  },
  'EP-07': {
    code: 'EP-07', name: 'rollout-502', title: 'Requests fail while pods are replaced', severity: 'warning',
    message: '{count} requests to {service} failed ({termination}) within two minutes of a new pod ({pod}), and its containers end without waiting for connections to move (no preStop).',
    fix: [{ text: 'Wait before the program gets its signal, so that routers take the endpoint out first.', command: 'lifecycle: preStop: sleep: seconds: 10   # in each container of {workload}' }, { text: 'Let the program end open connections in order when it gets SIGTERM.' }],
    verify: { text: 'No such lines during the next rollout.', command: 'journalctl -u haproxy --since -5min | grep -E " (SH|SC)--"' },
    explains: ['RO-09'],
    page: {
      happens: 'A pod that is deleted gets SIGTERM at the same moment as routers are told. For a moment they still send requests to a program that no longer takes them.',
      evidence: 'HAProxy\'s log has SH or SC for the service\'s backend within two minutes of the start of one of its pods, and the containers have no preStop hook.',
      lookAlikes: [{ code: 'RO-09', what: 'A keep-alive time that is too short', tell: 'such lines at any time' }],
    },
  },
  'EP-08': {
    code: 'EP-08', name: 'fqdn-endpointslice', title: 'An endpoint leads out of the cluster, to a name or a protected address', severity: 'error', security: true,
    message: 'Endpoints of {service} name {address}: {why}.',
    fix: [{ text: 'Delete the slice, and find out who wrote it: whoever may write endpoints chooses where the router connects to.', command: 'kubectl -n {namespace} get endpointslice {slice} -o yaml' }],
    verify: { text: 'No such address is left.', command: 'kubectl get endpointslices -A -o yaml | grep -E "FQDN|169\\.254\\.|127\\."' },
    explains: [],
    page: {
      happens: 'Endpoints may be written by hand. One that names loopback, a link-local address (cloud metadata) or a host name makes the router ask there, with the router\'s own rights.',
      evidence: 'An EndpointSlice with addressType FQDN, or an address in 127.0.0.0/8, 169.254.0.0/16, ::1 or fe80::/10.',
      lookAlikes: [{ code: null, what: 'Endpoints of an external database', tell: 'an ordinary address' }],
    },
  },
  'EP-09': {
    code: 'EP-09', name: 'node-notready', title: 'Endpoints on a lost node are still called ready', severity: 'warning',
    message: 'Node {node} is not ready ({why}), and {count} endpoints on it are still offered ({service}).',
    fix: [{ text: 'Let routers check their members themselves, so that they leave a dead one before the cluster does.' }, { text: 'If the node is gone for good, remove it.', command: 'kubectl delete node {node}' }],
    verify: { text: 'No endpoint of that node is ready.', command: 'kubectl get endpointslices -A -o yaml | grep -B8 "nodeName: {node}"' },
    explains: ['RO-07', 'RO-06'],
    page: {
      happens: 'When a node is lost nobody tells that its pods are gone: for up to minutes their endpoints stay in the service.',
      evidence: 'A Node whose Ready condition is False or Unknown, and endpoints with its nodeName and ready: true.',
      lookAlikes: [{ code: 'EP-03', what: 'Endpoints that are not ready', tell: 'their own condition' }, { code: null, what: 'A node that is cordoned', tell: 'it is ready' }],
    },
  },
});
