// Results of CloudSim 3.0.3 on the PlanetLab days, traces in sorted order, to the digits that it prints; and those of two variations
// that it does not have: idle VMs kept, and waking a host charged with its idle power.

import type { SimulationResult } from '../mod.ts';

/** Day, policy, energy kWh, migrations, SLAV %, PDM %, SLATAH %, shutdowns, ESV × 1000. */
export const PUBLISHED = [
  ['20110303', 'npa', '2410.80', 0, '0.00000', '0.00', '0.00', 455, '0.0000'],
  ['20110303', 'dvfs', '802.75', 0, '0.00000', '0.00', '0.00', 455, '0.0000'],
  ['20110303', 'thr-mmt', '192.62', 26711, '0.00318', '0.06', '4.91', 5885, '6.1173'],
  ['20110303', 'iqr-mmt', '189.98', 26282, '0.00301', '0.06', '4.82', 5868, '5.7126'],
  ['20110303', 'mad-mmt', '185.79', 26556, '0.00334', '0.07', '5.05', 5828, '6.2084'],
  ['20110303', 'lr-mmt', '163.48', 27859, '0.00464', '0.08', '5.86', 5053, '7.5917'],
  ['20110306', 'dvfs', '625.53', 0, '0.00000', '0.00', '0.00', 544, '0.0000'],
  ['20110306', 'thr-mmt', '144.74', 20908, '0.00360', '0.07', '5.13', 4682, '5.2049'],
  ['20110306', 'iqr-mmt', '143.97', 20742, '0.00337', '0.07', '5.04', 4703, '4.8577'],
  ['20110306', 'mad-mmt', '140.07', 20682, '0.00374', '0.07', '5.20', 4593, '5.2430'],
  ['20110306', 'lr-mmt', '123.28', 20878, '0.00462', '0.08', '5.88', 4018, '5.7013'],
  ['20110309', 'dvfs', '704.93', 0, '0.00000', '0.00', '0.00', 584, '0.0000'],
  ['20110309', 'thr-mmt', '165.27', 23475, '0.00405', '0.08', '5.26', 5139, '6.6962'],
  ['20110309', 'iqr-mmt', '166.75', 23772, '0.00388', '0.07', '5.25', 5222, '6.4780'],
  ['20110309', 'mad-mmt', '163.01', 23476, '0.00391', '0.07', '5.25', 5178, '6.3733'],
  ['20110309', 'lr-mmt', '142.09', 24959, '0.00602', '0.09', '6.55', 4563, '8.5483'],
  ['20110322', 'dvfs', '1011.14', 0, '0.00000', '0.00', '0.00', 386, '0.0000'],
  ['20110322', 'thr-mmt', '201.70', 28902, '0.00306', '0.06', '5.03', 5950, '6.1657'],
  ['20110322', 'iqr-mmt', '200.87', 29058, '0.00294', '0.06', '5.02', 6067, '5.9039'],
  ['20110322', 'mad-mmt', '198.50', 28604, '0.00297', '0.06', '4.98', 6016, '5.8922'],
  ['20110322', 'lr-mmt', '177.48', 32038, '0.00464', '0.08', '6.13', 5506, '8.2417'],
] as const;

/** LR-MMT-1.2 with the wake charge: day, energy, migrations, SLAV %, shutdowns, ESV × 1000. */
export const WAKE_CHARGED = [
  ['20110303', '125.28', 10228, '0.00114', 868, '1.4320'],
  ['20110306', '93.92', 7669, '0.00112', 855, '1.0551'],
  ['20110309', '105.60', 10623, '0.00231', 900, '2.4435'],
  ['20110322', '128.32', 14623, '0.00195', 905, '2.4994'],
] as const;

export function asPublished(day: string, policy: string, result: SimulationResult): readonly (string | number)[] {
  const { energyKwh, migrations, slavPercent, pdmPercent, slatahPercent, hostShutdowns, esv } = result;
  const service = [slavPercent.toFixed(5), pdmPercent.toFixed(2), slatahPercent.toFixed(2)];
  return [day, policy, energyKwh.toFixed(2), migrations, ...service, hostShutdowns, (esv * 1000).toFixed(4)];
}

export function asWakeCharged(day: string, result: SimulationResult): readonly (string | number)[] {
  const { energyKwh, migrations, slavPercent, hostShutdowns, esv } = result;
  return [day, energyKwh.toFixed(2), migrations, slavPercent.toFixed(5), hostShutdowns, (esv * 1000).toFixed(4)];
}
