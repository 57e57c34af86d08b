import { runMain } from '@reenact/service-kit';
import { readGatewayConfig, startGateway } from './index.js';

runMain((env) => startGateway(readGatewayConfig(env)));
