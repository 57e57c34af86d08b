export { IncidentModule } from './incident.module.js';
export { startIncident } from './start-incident.js';
