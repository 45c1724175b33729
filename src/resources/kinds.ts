import type { EndpointSlice } from './endpoint-slice.ts';
import type { Namespace } from './namespace.ts';
import type { Route } from './route.ts';
import type { Secret } from './secret.ts';
import type { Service } from './service.ts';

/** Every kind Fairway reads. */
export type Resource = Namespace | Route | Service | EndpointSlice | Secret;
export type Kind = Resource['kind'];
