<?php
// Keeps notes in a database file: what a small PHP app needs to be released while it is used.

declare(strict_types=1);

$database = new PDO('sqlite:' . (getenv('DATABASE') ?: '/srv/notes/notes.db'));
$database->setAttribute(PDO::ATTR_TIMEOUT, 5);
$database->exec('CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)');

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/healthz') {
    header('Content-Type: text/plain');
    exit("well\n");
}
if ($path !== '/') {
    http_response_code(404);
    exit("not here\n");
}
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $note = substr(trim((string) ($_POST['note'] ?? '')), 0, 200);
    $database->prepare('INSERT INTO notes VALUES (?)')->execute([$note]);
    header('Location: /', true, 303);
    exit;
}
$notes = $database->query('SELECT text FROM notes ORDER BY rowid')->fetchAll(PDO::FETCH_COLUMN);
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Notes</title>
<link rel="stylesheet" href="/style.css">
<h1>Notes</h1>
<form method="post"><input name="note" required maxlength="200"> <button>Keep</button></form>
<ul>
<?php foreach ($notes as $note): ?>
  <li><?= htmlspecialchars($note) ?></li>
<?php endforeach ?>
</ul>
</html>
