export { loadPolicyFile, policyFromModule } from './policy-file.ts';
