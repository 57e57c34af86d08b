export interface PipelineVersion {
  id: string;
  pipeline: string;
  orgId: string;
  projectId: string;
  specHash: string;
  spec: object;
  state: 'active' | 'retired';
  createdAt: string;
}
