// What stands between the commands of the walkthrough.

export const introduction = `
# The walkthrough

The original's document, "Configure push notifications proxy for OWA for Devices", walked step by step on Mailbadge. Everything below was printed by the real
programs: \`node scripts/walk-the-seed.ts --write\` performs the walk on empty folders, with a real Dovecot, and a test compares this page with what it prints. Times,
ids, addresses and folders are masked; prompts were answered in the relay's console.

Four tasks, as in the original: sign the organization up, look at the versions, set up trust, enable and verify.
`;

export const signUp = `
## 1. Sign your organization up

In the relay's console (\`https://relay.example.com/console/sign-up\`): the organization's name, its domain, whom to contact, and the first administrator's
e-mail address and password. The console answers with a TXT record; whoever can publish it holds the domain.
`;

export const signedUp = `
*Check* in the console finds the record, and the organization exists. (An operator who knows you can do the same with one command:
\`mailbadge relay organization add fabrikam.com\`, and gives you an enrolment code.) What the relay's operator sees now:
`;

export const versions = `
## 2. Versions

The original asked for CU3 on every server. Here the relay says which proxies it takes, and refuses an older one with the version to install (HTTP 426).
`;

export const stepOne = `
## 3. Trust

### Step 1: a certificate for the proxy, and the relay as its authorization server

On the proxy's machine. The relay's URL is given once, here.
`;

export const stepOneAgain = `
Safe to run again: the certificate is kept, and so is the authorization server.
`;

export const certificates = `
What there is now. The next certificate is made, registered and put in force by itself, before this one ends.
`;

export const stepTwo = `
### Step 2: the certificate becomes a key credential of your application at the relay

The command shows a short code. The administrator opens the page, signs in, compares the thumbprint, gives the password again, and approves.
`;

export const stepTwoDone = `
Both sides show the same key, its dates, and when it was last used:
`;

export const enable = `
## 4. Enable push notifications, and verify that they work

Nothing is published before this. It acts at once: no service is restarted, and nobody waits.
`;

export const serve = `
The proxy runs as a service (\`mailbadge proxy serve\`, [systemd units](../../examples/systemd)).
`;

export const verifyByMail = `
### Send a test message

Anna signs in with her mail app, turns the badge on, and goes back to the home screen. Then the administrator sends her mailbox a message, and follows it to the icon:
`;

export const whyText = `
Why does the icon show what it shows?
`;

export const verifyByProbe = `
### Invoke the monitoring probe
`;

export const doctor = `
And when something is wrong, one command goes the whole way and names the first cause. (The walk runs on loopback without TLS; hence the warnings.)
`;

export const disable = `
To stop publishing, settings kept:
`;

export const end = `
That is all of it. Day by day: [set up a proxy](proxy.md), [run a relay](relay.md), [every cmdlet and its command](../topics/seed-commands.md).
`;
