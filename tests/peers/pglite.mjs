// A PostgreSQL with the extension vector, on a port of 127.0.0.1, with its files in a folder. It says "ready".
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const [folder, port] = process.argv.slice(2);
const db = await PGlite.create({ dataDir: folder, extensions: { vector } });
await db.exec('CREATE EXTENSION IF NOT EXISTS vector');
const server = new PGLiteSocketServer({ db, port: Number(port), host: '127.0.0.1', maxConnections: 16 });
await server.start();
console.log('ready');
