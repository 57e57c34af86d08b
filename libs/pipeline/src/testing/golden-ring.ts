import type { PipelineSpec } from '../spec/spec-model.js';

/** A bundle of a single ring with a window, kept as bytes. */
export const GOLDEN_RING = [
  'H4sIBAAAAAAA/wYAQkMCAKgF7Zhtb9s2EMf7Op+CIIba3hSHj3oCimEoUHTYmwHrhmFBVlDSyVZjS65Iu80yf/eBsh1bajinidJiQw5G7NDH+/Po44+k5qosctBm/E5X',
  '5bPHMUKILwSy74SQ7juhvs8Q2RsilPoBR8/II42nZUttVP2MPFirm9x/xK5PEMJ5Vc+VwTHCNUCpUjNOlmU2g7MVxZ51UBMozY+Z9VAT85bQqZBylYgFfJQrfVleklDo',
  'krD3G3coV0VdlfObTlCujnbSC0hfKz21/nqqmPTjJMhpQrIoyiIJKQuJopT4SUg5SXyZR77wGQSKMMHAlzIFJUIhQ8YSEKFM2CZwqhZmWUP2Q5MhI8w/pfSUyTeUxMS+',
  'xoSQPza+SVVth2w/nW7T1/B+CWUKOEa0aXhXLetSzXCM7PwhhGeqhM38qawoJ7rph+z/aVVnGseIk22TNjWo+UZkDgZqfUrxCULrJnJezMC6nzfOm+gI4YUym4lZQNos',
  '1a2AlahmsPtq36qLv2xrsJNFu0k9mF7CWRryJOdBEBHKw4ClAQEuJeOUKC5BhhlQnyoWKqC+DHgoBEkVkCxUMiC4ibz2bh/qdo7GZXb7eHdz2B0yF4S5x0wpJCJJiB8m',
  'maJhFIS+ZL6Uwk8oyQMe5WlKWR6QUIhMpIRHuS0akREufKLUv4+5Wpq0moN2Dnrn8OmoSeQedCJYEKVU5HmgVMQhDxXPMhqGgWSJYixQXEVJRlXOGPdJEogwSwhNMxYJ',
  '4vPdRJ8gdHGy7nf93xRUv2Fbdoz/nH/Cf0LpE/+/hF1jtSh+g1oXVYnjG/5nsGrgjy+LMsMx/rlYwKwoAXu4VHPA8RZd2MPzKoMZjrEuyskM3tZFOcEeLsrF0jQBd0DE',
  '2qiJZdv5NS5szJWaFdleIi9mBmrs4byu5jg+33e98LCpDjp8mIIda1JlV+NlWZjxXJl0Cno4+HP48u9Xo28GI/T8OZoqPWx8Vmq2hBFee1vhFGa6WOq99FwtDnQ3MjvR',
  'vXMTBsfXuw/7AaAXL9Dg1QB9j4ZZtUxmcKiLThFnYzJC3yI5JugMRWOCYvSpI/aw3YTtHw9rSKvSbhy4KM3QFHPQRs0XQ2VG1jErJqCt84Yww0u4GuH1TYaJnZB9fh+K',
  'Mqs+HKS4S2qXZLKZQOzhtFqWBsfiJpQ2VQ37UCo1tlL2oXZdL7zdd/H1znlqjJ1Yo+oJmINYczDTqimrX99gb0tfPDjbxjoboO9QojT4YgxlWmUwTK4M6CbL0VgvZoUZ',
  'Dl4MRufkAnt4CiqzpRif44+nujCAL9bri545+X+19i79OBpH+O9L2uU/Iz554v+XsGtc5bm2q5Nu8XNwQCZR64CML+HK0pIcLrpr/PvpL3bRxVgTvPYaKtpmC0Yc45d7',
  'cpL1+mSvJ5x6tKNHXXr0Fr1Xez02li3FwKnIOorsnhmKjiIlTknekeT3TNJvC3KnoOgIinvmGHZz9J2S8q6FcyRHSrqakVPTv2vx3J5mS4Yxp0xw14o5llq3ZJh0aoZ3',
  'LZkjvyD1u5qhUzO6a9UcyzNsKXInbeiDaPPTYdG0FZ28ob3xpgsc7iQO7Ys4TLSh6gQOfRBwOgtDODFD+8IM63JGODlD++IM7+xQTsrQB1Jmr9gtGelEDu0LObyLHOlE',
  'Du0LOby9TUkncGhfwOHd+vGdyGEPPOC0ZZycYQ/izAHZGG0rOinDejvXdEsmcHKG9XWwEd1dKnBCh/UFHdHepQInclhfyJHdo03ghA7rCzqyC53QCR32IOh0lkbo5Azr',
  'izOyWzShkzSsL9LIDWm+9k3uftZ54v0oGkfu/0T4snv/Z0I+3f+/hLWvjs0j2oMHdSWOSdNqlvZRZHWJu9eGIz2grqsad4+Onycj7yMTfLZMeHeZr/2jPdmTPdmT9WD/',
  'AEI9KzkAJAAAH4sIBAAAAAAA/wYAQkMCABsAAwAAAAAAAAAAAA==',
].join('');

/** Another version of its pipeline, which takes one unit more. */
export const GOLDEN_RING_FIXED = {
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'meters',
  model: 'single_ring',
  input: 'readings',
  stages: [
    {
      id: 'valid',
      kind: 'filter',
      from: ['readings'],
      to: 'valid',
      when: "has(body.value) && body.unit in ['C', 'F', 'K']",
    },
    {
      id: 'celsius',
      kind: 'map',
      from: ['valid'],
      to: 'celsius',
      value: {
        value: "body.unit == 'F' ? (double(body.value) - 32.0) * 5.0 / 9.0 : double(body.value)",
        at: 'at',
        seconds: 'int(timestamp(at))',
        digest: 'sha256(key)',
      },
    },
    {
      id: 'batch',
      kind: 'window',
      from: ['celsius'],
      to: 'batches',
      count: 4,
    },
    {
      id: 'store',
      kind: 'action',
      from: ['batches'],
      action: {
        kind: 'http',
        target: 'store',
        method: 'PUT',
        path: "'/batches/' + base64.encode(bytes(key)).split('=')[0]",
        headers: ['x-site'],
      },
    },
  ],
} as PipelineSpec;
