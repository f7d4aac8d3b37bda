// Sends the link through a mail server that is near and asks for no password; without SMTP_HOST it prints the link.
'use strict'
const net = require('node:net')
const readline = require('node:readline')

exports.send = async (to, link) => {
  const from = process.env.MAIL_FROM
  if (!process.env.SMTP_HOST) {
    console.log(`link for ${to}: ${link}`)
    return
  }
  if (/[\r\n<>]/.test(to)) throw new Error('This address cannot be written to')
  const socket = net.connect(Number(process.env.SMTP_PORT ?? 25), process.env.SMTP_HOST)
  socket.setTimeout(4000, () => socket.destroy(new Error('the mail server is silent')))
  const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]()
  const failed = new Promise((_, reject) => socket.once('error', reject))
  const say = async (command, want) => {
    if (command) socket.write(command + '\r\n')
    for (;;) {
      const { value, done } = await Promise.race([lines.next(), failed])
      if (done || !value.startsWith(want)) throw new Error('The mail could not be sent')
      if (value[3] !== '-') return
    }
  }
  try {
    await say('', '220')
    await say('EHLO localhost', '250')
    await say(`MAIL FROM:<${from}>`, '250')
    await say(`RCPT TO:<${to}>`, '250')
    await say('DATA', '354')
    await say(`From: ${from}\r\nTo: ${to}\r\nSubject: Your sign-in link\r\n\r\nOpen this link in the browser that asked for it:\r\n${link}\r\n.`, '250')
    await say('QUIT', '221')
  } finally {
    socket.end()
  }
}
