async function look() {
  const answer = await fetch('/api/time');
  document.getElementById('time').textContent = (await answer.json()).time;
}

look();
setInterval(look, 1000);
