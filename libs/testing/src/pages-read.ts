/** Whatever runs statements within one transaction. */
interface Transaction {
  query<T>(sql: string, params?: unknown[]): Promise<T[]>;
}

interface Explained {
  'QUERY PLAN': { Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }[];
}

/** How many pages of the database a statement looks at under the plan that serves all parameters. */
export async function pagesRead(tx: Transaction, text: string, params: readonly unknown[]): Promise<number> {
  await tx.query("set local plan_cache_mode = 'force_generic_plan'");
  await tx.query(`prepare looked_at as ${text}`);
  const [explained] = await tx.query<Explained>(
    `explain (analyze, buffers, format json) execute looked_at(${params.map(literal).join(', ')})`,
  );
  await tx.query('deallocate looked_at');
  const { Plan: plan } = explained['QUERY PLAN'][0];
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`;
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
