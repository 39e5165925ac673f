import { expect, test } from "vitest";
import { createRedactor } from "./redactor.ts";

/** What logs of kernels, builds and agents are full of. */
const ordinary = `
commit 5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b
sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
integrity: sha512-aB3dE5gH7jK9mN1pQ3sT5vW7xY9zaB3dE5gH7jK9mN1pQ3sT5vW7xY9z==
SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8
undefined symbol: _ZN3c104cuda9SetDeviceEa
error: _ZN2at4_ops5empty13memory_format4callEN3c108ArrayRefINS2_6SymIntEEESt8optionalINS5_10ScalarTypeEE
typeinfo name: N5torch8autograd8FunctionI3FooEE
id=550e8400-e29b-41d4-a716-446655440000
ptr=0x7f8a9c0d1e2f
path=/usr/local/cuda-12.4/lib64/libcudart.so
/tmp/torchinductor_dev/4x/c4xq7z2m5n6p7r2s3t4u5v6w7x.py
cache_key: LK5XN2MQABCDEFGHIJKLMNOPQRSTUVWXYZ234567
Build ID: 0123456789abcdef0123456789abcdef01234567
shape: torch.Size([4096, 11008])
kernel=cutlass_80_tensorop_s16816gemm_f16_128x256_32x3_nn_align8
name: Cijk_Ailk_Bljk_HHS_BH_MT128x128x32_MI32x32x8x1_SN_1LDSB0
Kernel: GemmUniversalSm90TmaWarpSpecializedCooperative
ArchTag: kMinComputeCapability80WithTensorCores
__nv_static_39__aB3dE5gH7jK_00012345_11_kernel_cu
max_tokens=4096 token_count=128256 eos_token_id: 128001 pad_token="<|endoftext|>"
next_token = logits.argmax(); if token == tokens[i]: pass
SyntaxError: unexpected token ')' in JSON at position 4
token: torch.Tensor
key_padding_mask=None, key = tl.load(k_ptr)
def login(user, password): connect(password=password, user=user)
login(password=args.password)
password: str
password: Optional[str] = None
password=os.environ['X']
password=$DB_PASSWORD token: \${{ secrets.GITHUB_TOKEN }}
api_key=YOUR_API_KEY api_key: <your-key>
export TOKEN=
nvcc fatal: Unknown option '--password'; the --password option is gone
Authorization: Bearer $TOKEN
headers = {"Authorization": f"Bearer {token}"}
Bearer authentication is required here
secret: required
PWD=/home/dev/kernels OLDPWD=/tmp
if password:
    return connect(user)
password: {type: string}
the default password callback and the machine learning password
tokens: [1, 2]  # name: tokens, value: 3
CACHE_KEY=5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d PRIMARY_KEY=5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d
MY_KEY=fused_attention_fwd_kernel_128x64_stage4
key-value-store secret_santa_of_the_year_and_of_the_month fw_kernel_launch_parameters cioIdentifierOfThePlatform
redis-cli -h localhost ping
openssl enc -aes-256-cbc -k $KEY -in a
echo "a" + "b" '.'.join(x) split("+")
git config set user.name kernels
postgres://localhost:5432/db?x=a@b.c
68656c6c6f20776f726c642c207468697320697320706c61696e
mkdir -p build/temp && python -p no:cacheprovider && ssh -p 2222 host
curl -u $USER:$PASS https://x.example
x@self.weight + q@k.transpose(-2, -1)
@triton.jit
pip install foo@1.2.3 icon@2x.png
git@github.com:example/kernels.git
https://x.example/home/page
/home/runner/work/x /home/dev/kernels /home/ubuntu/x /Users/runner/y
1+jane@users.noreply.github.com noreply@anthropic.com
call_id=call_aB3dE5gH7jK9mN1pQ3sT5vW7 "id": "toolu_01ABCdefGHI234jklMNO56pq"
`;

for (const line of ordinary.trim().split("\n")) {
  test(`leaves alone: ${line.slice(0, 90)}`, () => {
    expect(createRedactor().mask(line)).toBe(line);
    expect(createRedactor().mask(JSON.stringify({ text: line }))).toBe(JSON.stringify({ text: line }));
  });
}

const hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

const secret: [string, string][] = [
  [
    "machine a.example\n  login mara\n  password hunter2x",
    "machine a.example\n  login mara\n  password [secret:password:1]",
  ],
  [
    `machine api.wandb.ai\n  login user\n  password ${hex}01234567`,
    "machine api.wandb.ai\n  login user\n  password [secret:password:1]",
  ],
  [
    `wandb: Appending key for api.wandb.ai to your netrc file: ${hex}01234567`,
    "wandb: Appending key for api.wandb.ai to your netrc file: [secret:api-key:1]",
  ],
  [
    "aws configure set aws_secret_access_key abcd/efgh+ijkl1 && x",
    "aws configure set aws_secret_access_key [secret:aws-secret-access-key:1] && x",
  ],
  ["- name: DB_PASSWORD\n  value: letmein", "- name: DB_PASSWORD\n  value: [secret:password:1]"],
  ['{"name":"DB_PASSWORD","value":"letmein"}', '{"name":"DB_PASSWORD","value":"[secret:password:1]"}'],
  [
    '{"name": "DB_PASSWORD",\n "value": "x1y2z3"}',
    '{"name": "DB_PASSWORD",\n "value": "[secret:password:1]"}',
  ],
  ["  password:\n    hunter2x", "  password:\n    [secret:password:1]"],
  ["password: >-\n  hunter2x\nuser: mara", "password: >-\n  [secret:password:1]\nuser: mara"],
  ["password = <<EOF\nhunter2x\nEOF\nuser", "password = <<EOF\n[secret:password:1]\nEOF\nuser"],
  [
    "export PASSWORD=$(cat <<'END'\nhunter2x\nEND\n)",
    "export PASSWORD=$(cat <<'END'\n[secret:password:1]\nEND\n)",
  ],
  ["password=&quot;hunter2x&quot;", "password=&quot;[secret:password:1]&quot;"],
  ["postgres://u:pa/ss@h/db", "postgres://u:[secret:url-password:1]@h/db"],
  [`OPENAI_KEY=${hex}`, "OPENAI_KEY=[secret:api-key:1]"],
  [`{"FOO_KEY": "${hex}"}`, '{"FOO_KEY": "[secret:api-key:1]"}'],
  ["redis-cli -h h -a hunter2x ping", "redis-cli -h h -a [secret:password:1] ping"],
  ["openssl enc -aes-256-cbc -k hunter2x", "openssl enc -aes-256-cbc -k [secret:password:1]"],
  ["openssl rsa -in k -passin pass:hunter2x", "openssl rsa -in k -passin pass:[secret:password:1]"],
  ["htpasswd -b f mara hunter2x", "htpasswd -b f mara [secret:password:1]"],
  ["htpasswd -nbB mara hunter2x | tee f", "htpasswd -nbB mara [secret:password:1] | tee f"],
  ["http --auth mara:hunter2x GET /x", "http --auth mara:[secret:basic-auth:1] GET /x"],
  ["-I/home/mara/include", "-I/home/[user:1]/include"],
  ["C:\\Users\\mara\\kernels", "C:\\Users\\[user:1]\\kernels"],
  ['"C:\\\\Users\\\\mara\\\\kernels"', '"C:\\\\Users\\\\[user:1]\\\\kernels"'],
  ["/nfs/home/mara/x /Users/mara/y", "/nfs/home/[user:1]/x /Users/[user:1]/y"],
  ["~/.claude/projects/-home-mara-kernels/x", "~/.claude/projects/-home-[user:1]-kernels/x"],
  ["Set-Cookie: sid=abc123def456; Path=/; HttpOnly", "Set-Cookie: sid=[secret:cookie:1]; Path=/; HttpOnly"],
  ["redis://:hunter2x@localhost:6379", "redis://:[secret:url-password:1]@localhost:6379"],
  ["login mara password hunter2x", "login mara password [secret:password:1]"],
  ["<password>hunter2x</password>", "<password>[secret:password:1]</password>"],
  ["password: str = 'hunter22'", "password: str = '[secret:password:1]'"],
  ["ENV API_KEY abcdef123456", "ENV API_KEY [secret:api-key:1]"],
  ["  password: letmein", "  password: [secret:password:1]"],
  ["dbpassword = hunter2x", "dbpassword = [secret:password:1]"],
  ["clientsecret: 'abc123def'", "clientsecret: '[secret:secret:1]'"],
  ["accesstoken=abc123def", "accesstoken=[secret:token:1]"],
  ["export DB_PASSWORD=letmein", "export DB_PASSWORD=[secret:password:1]"],
  ["curl -u ci:hunter2x https://x.example", "curl -u ci:[secret:basic-auth:1] https://x.example"],
  ["docker login -u ci -p hunter2x registry", "docker login -u ci -p [secret:password:1] registry"],
  ['setenv("HF_TOKEN", "abcdefABCDEF123456")', 'setenv("HF_TOKEN", "[secret:token:1]")'],
  ["pass\u200Bword=hunter22", "pass\u200Bword=[secret:password:1]"],
  ["password\\u003dhunter22", "password\\u003d[secret:password:1]"],
  [
    "\u001B[31mpassword\u001B[0m=\u001B[1mhunter22",
    "\u001B[31mpassword\u001B[0m=\u001B[1m[secret:password:1]",
  ],
];

for (const [line, masked] of secret) {
  test(`masks only the secret of: ${JSON.stringify(line)}`, () => {
    expect(createRedactor().mask(line)).toBe(masked);
  });
}
