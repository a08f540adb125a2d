// A poll: what a small Node app needs to be released while it is used. It listens on 127.0.0.1 and
// PORT, is configured by its environment, keeps its votes in one declared folder, and ends its
// requests before it ends itself.
'use strict';
const fs = require('fs');
const http = require('http');

const votes = process.env.VOTES || '/srv/polls/votes.txt';
const question = process.env.QUESTION || 'Yes or no?';

function counted() {
  const lines = fs.existsSync(votes) ? fs.readFileSync(votes, 'utf8').trim().split('\n') : [];
  return lines.reduce((sums, vote) => ({ ...sums, [vote]: (sums[vote] || 0) + 1 }), {});
}

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(body)}\n`);
}

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/healthz') return answer(response, 200, 'well');
  const vote = /^\/vote\/([a-z]{1,20})$/.exec(pathname);
  if (vote && request.method === 'POST') {
    fs.appendFileSync(votes, `${vote[1]}\n`); // one short line at a time: instances may share it
    return answer(response, 201, counted());
  }
  return answer(response, pathname === '/' ? 200 : 404, { question, votes: counted() });
});

server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
