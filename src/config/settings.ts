import { answerSettings, listenerSettings } from './listener-settings.ts';
import { haproxySettings, inputSettings, paceSettings } from './process-settings.ts';
import { admissionSettings, routeDefaultSettings } from './route-settings.ts';
import type { Setting, ValueOf } from './setting.ts';
import { timeoutSettings } from './timeout-settings.ts';
import { tlsSettings } from './tls-settings.ts';

/** Every setting there is, by its key in the configuration file. `--help` and docs/configuration.md show them in this order. */
export const settings = {
  ...inputSettings,
  ...listenerSettings,
  ...tlsSettings,
  ...timeoutSettings,
  ...routeDefaultSettings,
  ...admissionSettings,
  ...haproxySettings,
  ...answerSettings,
  ...paceSettings,
} as const;

export type SettingKey = keyof typeof settings;
export type Values = { readonly [K in SettingKey]: ValueOf<(typeof settings)[K]> };

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** A setting by key, its value type forgotten. */
export function settingOf(key: SettingKey): Setting<unknown> {
  return settings[key];
}
