/**
 * The four steps of a governed execute, as cheap as a workflow can have them: the first three read and write nothing but what the
 * engine keeps of them, the last calls the target.
 */
export const STEPS = {
  check: async () => ({ passed: true }),
  reserve: async () => ({ reserved: true }),
  dispatch: async () => ({ dispatched: true }),
  run: async (targetUrl, id) => {
    const answer = await fetch(targetUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ number: 1 }),
    });
    await answer.arrayBuffer();
    return { status: answer.status };
  },
};
