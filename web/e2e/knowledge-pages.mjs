// The pages of the knowledge bases, with documents in every state, on a new server, and for who may only read.

export function knowledgePages({ seeded, empty, viewer }) {
  const at = (name, path, ready, more = {}) => ({ name: `knowledge${name}`, server: seeded, path: `/knowledge${path}`, ready, ...more });
  const press = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click();
  const choose = (who, action) => async (page) => {
    await page.getByRole('button', { name: `Actions for ${who}`, exact: true }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  const [handbook, ...others] = seeded.knowledge.bases;
  const documentAt = (row, more = '') => `/document?base=handbook&id=${row.id}${more}`;
  const [whole, , broken, unread] = handbook.rows;
  const [, , , viewedUnread] = viewer.knowledge.bases[0].rows;
  return [
    at('', '', 'support-mail'),
    at('-empty', '', 'No knowledge bases yet', { server: empty }),
    at('-new', '', 'It stays as it is', { act: press('New knowledge base') }),
    at('-new-first', '', 'There is no other', { server: empty, act: press('New knowledge base') }),
    at('-import', '', 'All of it is verified', { act: press('Import') }),
    at('-import-damaged', '', 'archive.damaged', { act: async (page) => {
      await press('Import')(page);
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Archive').setInputFiles([{ name: 'photo.tgz', mimeType: 'application/gzip', buffer: Buffer.from('no archive') }]);
      await dialog.getByRole('button', { name: 'Import' }).click();
    } }),
    at('-base', '/base?name=handbook', 'protected by a password'),
    at('-base-viewer', '/base?name=handbook', 'protected by a password', { server: viewer }),
    at('-base-failed', '/base?name=handbook&state=failed', 'knowledge.encrypted'),
    at('-base-new', `/base?name=${others[1].name}`, 'No documents yet'),
    at('-base-none-failed', `/base?name=${others[0].name}&state=failed`, 'No document is in this state'),
    at('-base-menu', '/base?name=handbook', 'Download', { act: press('Actions for handbook/Travel costs.xlsx') }),
    at('-base-upload', `/base?name=${others[1].name}`, 'The file is empty', { allows: /400/, act: (page) => page.locator('input[type=file]').setInputFiles([
      { name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.from('') },
    ]) }),
    at('-base-describe', '/base?name=handbook', 'Agents that may search it are told', { act: choose('handbook', 'Change description') }),
    at('-base-embed', '/base?name=support-mail', 'With the model', { act: choose('support-mail', 'Change model') }),
    at('-base-rerank', '/base?name=support-mail', 'put in order', { act: choose('support-mail', 'Change reranker') }),
    at('-base-move', '/base?name=handbook', 'A run copies the vectors', { act: choose('handbook', 'Move vectors') }),
    at('-base-export', '/base?name=handbook', 'not encrypted', { act: choose('handbook', 'Export') }),
    at('-base-export-empty', `/base?name=${others[1].name}`, 'the description alone', { act: choose(others[1].name, 'Export') }),
    at('-base-export-viewer', '/base?name=handbook', 'not encrypted', { server: viewer, act: choose('handbook', 'Export') }),
    at('-base-export-large', '/base?name=scans', 'archive.too_large', { act: choose('scans', 'Export') }),
    at('-base-delete', '/base?name=handbook', 'Type handbook to confirm', { act: choose('handbook', 'Delete') }),
    at('-base-missing', '/base?name=nowhere', 'No such knowledge base', { allows: /404/ }),
    at('-base-unnamed', '/base', 'The address does not say'),
    at('-sources', '/base?name=handbook&view=sources', 'AccessDenied'),
    at('-sources-viewer', '/base?name=handbook&view=sources', 'AccessDenied', { server: viewer }),
    at('-sources-why', '/base?name=handbook&view=sources', 'elsewhere.example', { act: (page) => page.getByText('Why').first().click() }),
    at('-sources-empty', `/base?name=${others[1].name}&view=sources`, 'No sources yet'),
    at('-sources-new', '/base?name=handbook&view=sources', 'operator allowed', { act: press('Add source') }),
    at('-sources-new-s3', '/base?name=handbook&view=sources', 'secret access key', { act: async (page) => {
      await press('Add source')(page);
      await page.getByRole('dialog').getByLabel('Kind').selectOption('s3');
    } }),
    at('-sources-edit', '/base?name=handbook&view=sources', 'takes away what is not there', { act: choose('site', 'Edit') }),
    at('-sources-edit-s3', '/base?name=handbook&view=sources', 'secret access key', { act: choose('papers', 'Edit') }),
    at('-sources-delete', '/base?name=handbook&view=sources', 'synchronised no more', { act: choose('repo', 'Delete') }),
    at('-search', '/base?name=handbook&view=search', 'Ask as you would ask'),
    at('-search-found', '/base?name=handbook&view=search&q=days+of+leave', 'Words of the best passages', { act: (page) => page.getByText('Why').first().click() }),
    at('-search-untold', '/base?name=handbook&view=search&q=who+insures+against+a+volcano', 'The documents do not tell'),
    at('-search-reranked', '/base?name=support-mail&view=search&q=days+of+leave', '0.930', { act: (page) => page.getByText('Why').first().click() }),
    at('-search-reranker-away', '/base?name=support-mail&view=search&q=leave+while+it+is+away', 'so they are as they were found'),
    at('-search-none', '/base?name=handbook&view=search&q=nothing+at+all', 'No passage answers this'),
    at('-quality', '/base?name=handbook&view=quality', 'Does it find what is in it?'),
    at('-quality-elsewhere', '/base?name=support-mail&view=quality', 'They are sent to openai:text-embedding-3-small'),
    at('-quality-viewer', '/base?name=handbook&view=quality', 'Ask one question in four ways', { server: viewer }),
    at('-quality-tested', '/base?name=handbook&view=quality', 'documents_failed', { act: press('Test') }),
    at('-quality-nothing', `/base?name=${others[1].name}&view=quality`, 'nothing_to_ask', { act: press('Test') }),
    at('-quality-compared', '/base?name=handbook&view=quality&q=days+of+leave&expect=travel', 'Found at place 2'),
    at('-quality-not-found', '/base?name=handbook&view=quality&q=days+of+leave&expect=volcano', 'Not among 3'),
    at('-quality-untuned', '/base?name=support-mail&view=quality&q=days+of+leave&untuned=1', 'Hybrid, untuned'),
    at('-tuning', '/base?name=support-mail&view=tuning', 'Newer documents first'),
    at('-tuning-empty', '/base?name=handbook&view=tuning', 'No synonyms yet'),
    at('-tuning-viewer', '/base?name=support-mail&view=tuning', 'queue=second level', { server: viewer }),
    at('-tuning-viewer-empty', '/base?name=handbook&view=tuning', 'No synonyms', { server: viewer }),
    at('-search-tuned', '/base?name=support-mail&view=search&q=a+broken+invoice', 'broken → defect', { act: (page) => page.getByText('Why').first().click() }),
    at('-document', documentAt(whole), 'Load more'),
    at('-document-cited', documentAt(whole, '&passage=122'), 'passage 123 is marked', { act: async (page) => {
      await page.locator('mark').first().waitFor();
      await page.evaluate(() => scrollTo(0, 0)); // nothing is to lie under the bars at the top and bottom
    } }),
    at('-document-gone', documentAt(whole, '&passage=999'), 'not in the document any more'),
    at('-document-unread', `/document?base=handbook&id=${viewedUnread.id}`, 'It has not been read yet', { server: viewer }),
    at('-document-failed', documentAt(broken), 'knowledge.encrypted'),
    at('-document-missing', documentAt({ id: `${unread.id}0` }), 'This document cannot be shown', { allows: /404/ }),
  ];
}
