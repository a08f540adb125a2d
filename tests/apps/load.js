// Visitors of all kinds, at a fixed rate, who never try again. MODE=new opens a connection each time.
import http from 'k6/http';
import ws from 'k6/ws';
import { Counter } from 'k6/metrics';

const base = __ENV.BASE;
const seconds = Number(__ENV.SECONDS);
const small = 'x'.repeat(1000);
const large = 'x'.repeat(1 << 20); // the app takes a second for it
export const failed = new Counter('failed');
export const closed = new Counter('closed');

// Enough visitors for an answer that takes `longest` seconds: otherwise k6 leaves requests out.
function rate(exec, perSecond, longest) {
  return {
    executor: 'constant-arrival-rate', exec, rate: perSecond, timeUnit: '1s',
    duration: `${seconds}s`, preAllocatedVUs: Math.ceil(perSecond * longest) + 2, gracefulStop: '10s',
  };
}

const kept = {
  quick: rate('quick', 15, 6), slow: rate('slow', 2, 8), post: rate('post', 5, 6),
  upload: rate('upload', 1, 8),
  socket: {
    executor: 'constant-vus', exec: 'socket', vus: 3, duration: `${seconds}s`, gracefulStop: '10s',
  },
};

export const options = {
  scenarios: __ENV.MODE === 'new' ? { fresh: rate('quick', 5, 6) } : __ENV.MODE === 'light' ? { quick: rate('quick', 10, 10) } : kept,
  noConnectionReuse: __ENV.MODE === 'new',
  insecureSkipTLSVerify: true,
  hosts: JSON.parse(__ENV.HOSTS),
  discardResponseBodies: false,
  summaryTrendStats: ['p(99)', 'max'],
};

function judge(answer, expected) {
  const wrong = answer.status !== 200 || (expected && answer.body.trim() !== expected);
  if (wrong) {
    failed.add(1, { error: `${answer.status} ${answer.error || answer.body}`.slice(0, 100) });
  }
}

export const quick = () => judge(http.get(`${base}/`));
export const slow = () => judge(http.get(`${base}/slow`));
export const post = () => judge(http.post(`${base}/post`, small), '1000');
export const upload = () => judge(http.post(`${base}/upload`, large), `${1 << 20}`);

// Talks for a while; the server may end it with 1001, nobody may just vanish.
export function socket() {
  let code = 0;
  const answer = ws.connect(`${base.replace('http', 'ws')}/ws`, (talk) => {
    let waiting = 0;
    talk.setInterval(() => {
      if (waiting++ > 5) {
        failed.add(1, { error: 'a WebSocket fell silent' });
        talk.close();
      }
      talk.send('hello');
    }, 500);
    talk.on('message', () => { waiting = 0; });
    talk.on('close', (given) => { code = given; });
    talk.on('error', (error) => {
      if (`${error.error()}`.includes('1001')) { code = 1001; } else { failed.add(1, { error: `ws ${error.error()}` }); }
    });
    talk.setTimeout(() => { code = 1000; talk.close(1000); }, 20000);
  });
  if (!answer || answer.status !== 101) { failed.add(1, { error: `ws ${answer && answer.status}` }); }
  closed.add(1, { error: `${code}` });
}
