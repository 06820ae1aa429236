// The subjects of the control plane. Pages never travel on them (HOUSE-STYLE, "The way of the data").

export const subjects = {
  /** Requests to one host node; HostCommand → Answer. */
  hostCommand: (host: string) => `lightsout.host.${host}.command`,
  /** Published by each host node every telemetry interval. */
  hostTelemetry: (host: string) => `lightsout.host.${host}.telemetry`,
  allTelemetry: 'lightsout.host.*.telemetry',
  /** Requests to the scheduler; SchedulerCommand → Answer. */
  schedulerCommand: 'lightsout.scheduler.command',
  /** Every event, by its kind's first word. */
  event: (kind: string) => `lightsout.event.${kind}`,
  allEvents: 'lightsout.event.>',
} as const;
