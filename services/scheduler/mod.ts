// The scheduler as a service.

export { Scheduler, type SchedulerOptions, type SchedulerPorts } from './scheduler.ts';
