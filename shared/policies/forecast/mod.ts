export { ForecastArguments, forecastArguments } from './arguments.ts';
export { ForecastMemory, forecast, type Load } from './forecast.ts';
