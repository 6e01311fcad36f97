// What reissue refuses, in both languages, and why an application came to nothing (REI-41). Codes are stable for ever.
import { naming, problem, type ProblemCatalogue } from '@tongpiao/service-shell';
import { DESK_WORDS } from './application/desk-words.ts';

export const problems: ProblemCatalogue = {
  'reissue.ticket-not-found': problem(
    404,
    ['未找到该票', 'No such ticket'],
    ['根据所填信息未找到车票或门票，请核对后重试。', 'No ticket fits what was given; check it and try again.'],
  ),
  'reissue.ticket-ambiguous': problem(
    409,
    ['符合条件的票不止一张', 'More than one ticket fits'],
    ['共有 {found} 张票符合所填信息，请填写票号。', '{found} tickets fit what was given; say the ticket’s number.'],
  ),
  'reissue.tenant-required': problem(
    422,
    ['请选择景区或车站', 'Say whose ticket it is'],
    [
      '按手机号或证件查找时，请指明景区或车站。',
      'To look by telephone or document, say which site or station sold it.',
    ],
  ),
  'reissue.ticket-used': problem(
    409,
    ['票已使用', 'The ticket was used'],
    ['该票已检票使用，不能补发。', 'The ticket was used and cannot be reissued.'],
  ),
  'reissue.ticket-refunded': problem(
    409,
    ['票已退', 'The ticket was given back'],
    ['该票已退票，不能补发。', 'The ticket was given back and cannot be reissued.'],
  ),
  'reissue.ticket-exchanged': problem(
    409,
    ['票已改签', 'The ticket was exchanged'],
    ['该票已改签，请用改签后的新票申请。', 'The ticket was exchanged; apply for the one that came of it.'],
  ),
  'reissue.ticket-superseded': problem(
    409,
    ['票已补发', 'The ticket was reissued before'],
    ['该票已补发，原票作废，请用新票申请。', 'The ticket was reissued and is void; apply for its successor.'],
  ),
  'reissue.ticket-expired': problem(
    409,
    ['票已过期', 'The ticket has expired'],
    ['该票已过有效期，不能补发。', 'The ticket is past its time and cannot be reissued.'],
  ),
  'reissue.ticket-not-living': problem(
    409,
    ['票已失效', 'The ticket is not valid any more'],
    ['该票已退、改签或作废，不能补发。', 'The ticket was given back, exchanged or voided and cannot be reissued.'],
  ),
  'reissue.ticket-frozen': problem(
    409,
    ['票已被挂失', 'The ticket is frozen already'],
    ['该票正在处理另一份挂失申请。', 'Another application has had this ticket frozen.'],
  ),
  'reissue.ticket-changed': problem(
    409,
    ['票有变动', 'The ticket has changed'],
    ['办理期间该票有变动，请核对后重新申请。', 'The ticket has changed meanwhile; look at it and apply again.'],
  ),
  'reissue.document-has-ticket': problem(
    409,
    ['该证件本场次已有票', 'The document has a ticket for this session'],
    [
      '更正后的证件在该场次已有票，一个证件一场次限一张。',
      'The corrected document has a ticket for this session already; it can have one.',
    ],
  ),
  'reissue.document-limit': problem(
    409,
    ['该证件当日已达限购', 'The document’s limit of the day is reached'],
    ['更正后的证件当日购票数量已达上限。', 'The corrected document has as many tickets of that day as it may have.'],
  ),
  'reissue.unproven': problem(
    409,
    ['未按时验证', 'Not proven in time'],
    ['未在期限内验证购票人身份，申请已关闭。', 'Ownership was not shown in time; the application is closed.'],
  ),
  'reissue.proof-failed': problem(
    409,
    ['多次验证不符', 'Too many proofs did not fit'],
    ['多次验证均与购票信息不符，申请已关闭。', 'Too many codes or documents did not fit; the application is closed.'],
  ),
  'reissue.material-missing': problem(
    409,
    ['未按时补充材料', 'Material is missing'],
    ['未在期限内补充所需材料，申请已关闭。', 'What was asked for was not brought in time; the application is closed.'],
  ),
  'reissue.fee-unpaid': problem(
    409,
    ['未按时缴费', 'The fee was not paid'],
    ['未在期限内支付工本费，申请已关闭。', 'The fee was not paid in time; the application is closed.'],
  ),
  'reissue.decided-against': problem(
    409,
    ['审核未通过', 'Decided against'],
    ['经审核不符合补发条件，可在期限内申诉一次。', 'The review decided against it; you may appeal once, in time.'],
  ),
  'reissue.already-open': problem(
    409,
    ['该票已有申请在处理', 'There is an open application'],
    ['该票已有一份申请正在处理，请勿重复提交。', 'An application for this ticket is open already.'],
  ),
  'reissue.correction-empty': problem(
    422,
    ['请填写更正内容', 'Say what to correct'],
    ['重开申请须填写要更正的姓名或证件。', 'A correction says which name or document is right.'],
  ),
  'reissue.correction-needless': problem(
    422,
    ['补发无需更正内容', 'Nothing is corrected here'],
    ['补发申请不能更正信息，请改为申请重开。', 'A replacement corrects nothing; apply for a correction.'],
  ),
  'reissue.no-traveller': problem(
    422,
    ['该票无实名信息', 'No name is on this ticket'],
    ['该票不是实名票，没有可更正的姓名或证件。', 'No name or document is kept with this ticket.'],
  ),
  'reissue.already-proven': problem(
    409,
    ['已完成身份核对', 'Ownership is proven'],
    ['该申请已通过归属验证，无需重复验证。', 'Ownership of the ticket is proven already.'],
  ),
  'reissue.too-many-codes': problem(
    429,
    ['验证码发送次数过多', 'Too many codes'],
    ['该申请的验证码已达发送上限，请到窗口办理。', 'No more codes are sent for this application; come to a counter.'],
  ),
  'reissue.code-too-soon': problem(
    429,
    ['验证码发送过于频繁', 'Too soon for another code'],
    ['验证码已发送，请一分钟后再试。', 'A code was sent; try again in a minute.'],
    60,
  ),
  'reissue.no-code': problem(
    409,
    ['尚未发送验证码', 'No code was sent'],
    ['请先获取验证码。', 'Ask for a code first.'],
  ),
  'reissue.code-over': problem(
    409,
    ['验证码已失效', 'The code is not good any more'],
    ['验证码已过期或错误次数过多，请重新获取。', 'The code is too old or was mistaken too often; ask for another.'],
  ),
  'reissue.proof-wrong': problem(
    422,
    ['验证信息不符', 'That is not it'],
    ['验证码或证件与购票信息不符。', 'The code or document does not fit the purchase.'],
  ),
  'reissue.document-needed': problem(
    409,
    ['需出示购票证件', 'The document is needed'],
    [
      '实名票须提供购票时所用证件的类型和号码，核对一致后继续办理。',
      'A ticket with a name needs kind and number of the document that was used at its purchase; the case goes on with it.',
    ],
  ),
  'reissue.phone-unproven': problem(
    422,
    ['请先验证手机号', 'Show that the telephone is yours'],
    [
      '凭手机号查找车票或门票前，请先获取并填写发送到该手机的验证码。',
      'To look by telephone, ask for a code to it first, and send that along.',
    ],
  ),
  'reissue.own-case': problem(
    403,
    ['不能审核本人录入的申请', 'This is your own case'],
    ['录入申请的人员不能审核该申请。', 'Nobody decides on an application that they entered.'],
  ),
  'reissue.not-your-desk': naming(
    DESK_WORDS,
    problem(
      403,
      ['超出审核权限', 'Not for your desk'],
      ['该申请须由{desk}审核。', 'This application is for another desk to decide: {desk}.'],
    ),
  ),
  'reissue.decided-before': problem(
    403,
    ['不能审核申诉', 'You have decided before'],
    ['申诉须由未参与过该申请审核的人员处理。', 'An appeal is decided by somebody who has not decided before.'],
  ),
  'reissue.risk-open': problem(
    409,
    ['风险尚未排除', 'The risk is not cleared'],
    ['该申请处于风险核查中，排除风险后才能通过。', 'The application is suspended; clear the risk before approving it.'],
  ),
  'reissue.already-decided': problem(
    409,
    ['申请已审结', 'It is decided'],
    ['该申请已有审核结果。', 'The application is decided already.'],
  ),
  'reissue.not-decidable-yet': problem(
    409,
    ['尚不能审核', 'Not ready for this'],
    ['该申请当前状态不能进行此操作。', 'The application is not in a state for this.'],
  ),
  'reissue.no-material-wanted': problem(
    409,
    ['无需补充材料', 'Nothing is wanted'],
    ['该申请目前不需要补充材料。', 'Nothing more is wanted at the moment.'],
  ),
  'reissue.attachment-empty': problem(
    422,
    ['文件为空', 'The file is empty'],
    ['请求正文即文件内容，不能为空。', 'The body is the file, and there is nothing in it.'],
  ),
  'reissue.attachment-type': problem(
    415,
    ['不支持的文件类型', 'Not a photo or PDF'],
    [
      '按文件内容判断，仅接受 JPEG、PNG、WebP、HEIC 照片和 PDF，与文件名无关。',
      'By its content, whatever its name, this is none of JPEG, PNG, WebP, HEIC or PDF.',
    ],
  ),
  'reissue.attachment-truncated': problem(
    422,
    ['文件不完整', 'The file ends early'],
    ['文件在结尾之前中断，可能未上传完整，请重新上传。', 'The file stops before its end; upload it again.'],
  ),
  'reissue.attachment-damaged': problem(
    422,
    ['文件已损坏', 'The file is damaged'],
    ['文件内容与其自身校验不符，请重新拍摄或导出后上传。', 'Parts of the file do not fit together; make it anew.'],
  ),
  'reissue.attachment-pixels': problem(
    422,
    ['图片尺寸过大', 'The image is too large'],
    ['图片为 {pixels} 像素，最多 {maxPixels} 像素。', 'The image has {pixels} pixels; {maxPixels} are allowed.'],
  ),
  'reissue.too-many-attachments': problem(
    409,
    ['附件数量已达上限', 'Too many files'],
    ['每份申请最多 {maxCount} 个附件。', 'An application has at most {maxCount} files.'],
  ),
  'reissue.attachment-unknown': problem(
    422,
    ['附件不属于该申请', 'No such file'],
    ['该申请没有附件 {attachmentId}。', 'This application has no file {attachmentId}.'],
  ),
  'reissue.uploads-busy': problem(
    503,
    ['上传繁忙', 'Too many uploads'],
    ['同时上传的文件过多，请稍后重试。', 'Too many files are being uploaded; try again in a moment.'],
    2,
  ),
  'reissue.no-fee-due': problem(
    409,
    ['无需缴费', 'No fee is due'],
    ['该申请目前没有待缴费用。', 'No fee is due for this application.'],
  ),
  'reissue.fee-paid': problem(409, ['费用已缴', 'The fee is paid'], ['工本费已缴纳。', 'The fee is paid already.']),
  'reissue.too-many-payments': problem(
    409,
    ['支付次数过多', 'Too many payments'],
    [
      '短时间内发起支付次数过多，请完成已有支付，或 {minutes} 分钟后再试；也可请窗口或热线工作人员协助办理。',
      'Too many payments were begun: finish one of them, try again in {minutes} minutes, or have a counter or the hotline begin one.',
    ],
  ),
  'reissue.no-more-payments': problem(
    409,
    ['不再受理新的支付', 'No more payments'],
    ['该费用发起支付次数已达上限，请联系窗口。', 'This fee has seen too many payments; please come to a counter.'],
  ),
  'reissue.method-not-allowed': problem(
    422,
    ['支付方式不可用', 'This way of paying is not offered'],
    ['支付方式 {method} 不可用。', 'Paying by {method} is not offered here.'],
  ),
  'reissue.nothing-to-appeal': problem(
    409,
    ['没有可申诉的决定', 'Nothing to appeal'],
    ['该申请没有被拒绝的决定。', 'The application was not refused.'],
  ),
  'reissue.not-appealable': problem(
    409,
    ['决定为最终决定', 'This decision is final'],
    ['该决定不能申诉。', 'There is no appeal against this decision.'],
  ),
  'reissue.appeal-too-late': problem(
    409,
    ['申诉期限已过', 'Too late to appeal'],
    ['申诉须在 {appealBy} 前提出。', 'An appeal was possible until {appealBy}.'],
  ),
  'reissue.own-error': problem(
    403,
    ['不能处理本人的差错', 'This would be your own error'],
    ['不能登记、赔付或审批本人的差错。', 'Nobody marks, makes good or approves an error of their own.'],
  ),
  'reissue.not-involved': problem(
    422,
    ['该人员未经手此申请', 'They had no hand in it'],
    ['被登记的人员未经手该申请。', 'Whoever is named had no hand in this application.'],
  ),
  'reissue.error-marked': problem(
    409,
    ['该申请已登记差错', 'An error is marked already'],
    ['该申请已登记另一差错。', 'Another error is marked in this application.'],
  ),
  'reissue.error-unknown': problem(
    409,
    ['差错尚未保存', 'Not there yet'],
    ['差错正在保存，请稍后重试。', 'The error is being stored; try again in a moment.'],
    1,
  ),
  'reissue.compensation-too-high': problem(
    422,
    ['赔付金额超出上限', 'More than the policy allows'],
    ['赔付金额不能超过 {max} 分。', 'A compensation is at most {max} fen.'],
  ),
  'reissue.compensation-proposed': problem(
    409,
    ['已有赔付待审批', 'One waits for approval'],
    ['已提出另一赔付，请先审批。', 'Another amount is proposed; decide on that first.'],
  ),
  'reissue.compensation-decided': problem(
    409,
    ['赔付已审批', 'It is decided'],
    ['该申请的赔付已审批，每份申请只赔付一次。', 'A compensation was approved; there is one per application.'],
  ),
  'reissue.no-compensation-proposed': problem(
    409,
    ['没有待审批的赔付', 'Nothing is proposed'],
    ['该差错没有待审批的赔付。', 'No compensation waits for approval.'],
  ),
  'reissue.own-proposal': problem(
    403,
    ['不能审批本人提出的赔付', 'This is your own proposal'],
    ['赔付须由提出人以外的人员审批。', 'Nobody approves what they have proposed.'],
  ),
  'reissue.not-sampled': problem(
    409,
    ['该申请未被抽查', 'It was not drawn'],
    ['该申请不是自动办理后被抽中复查的申请。', 'This application was not drawn for a second look.'],
  ),
  'reissue.sample-reviewed': problem(
    409,
    ['该申请已复查', 'Somebody has looked'],
    ['已有人员复查过该申请。', 'Somebody has taken the second look already.'],
  ),
  'reissue.period-invalid': problem(
    422,
    ['时间范围无效', 'Not a period'],
    [
      '结束日期须不早于开始日期，且不超过 {maxDays} 天。',
      'A period ends no earlier than it begins and has at most {maxDays} days.',
    ],
  ),
  'reissue.trials-busy': problem(
    503,
    ['试算繁忙', 'Other trials are under way'],
    ['正在进行其他规则试算，请稍后再试。', 'Other trials are under way; try again in a moment.'],
    5,
  ),
  'reissue.being-carried-out': problem(
    409,
    ['正在补发', 'Being carried out'],
    ['新票正在生成，不能撤回。', 'The new ticket is being made; it cannot be withdrawn now.'],
    1,
  ),
  'reissue.application-unknown': problem(
    409,
    ['申请尚未就绪', 'Not there yet'],
    ['申请正在保存，请稍后重试。', 'The application is being stored; try again in a moment.'],
    1,
  ),
  'reissue.not-reissued': problem(
    409,
    ['尚无新票', 'No new ticket yet'],
    ['该申请尚未补发，没有可寄送的新票。', 'There is no new ticket to be sent.'],
  ),
  'reissue.too-many-shipments': problem(
    409,
    ['寄送信息修改过多', 'Changed too often'],
    ['寄送信息已修改多次，请联系主管处理。', 'The tracking number was changed too often; ask a manager.'],
  ),
  'reissue.case-ended': problem(
    409,
    ['申请已结束', 'The application is over'],
    ['该申请已结束。', 'This application is over.'],
  ),
  'reissue.batch-empty': problem(
    422,
    ['清单为空', 'The list is empty'],
    ['清单中没有任何票号。', 'The list names no ticket.'],
  ),
  'reissue.batch-too-large': problem(
    422,
    ['清单过长', 'The list is too long'],
    ['一份清单最多 {linesMax} 行，请拆分后分别提交。', 'A list has at most {linesMax} lines; split it.'],
  ),
  'reissue.batch-encoding': problem(
    422,
    ['无法识别文件编码', 'The encoding is unknown'],
    [
      '文件既不是 UTF-8 也不是 GBK 编码，请另存为“CSV UTF-8”后重试。',
      'The file is neither UTF-8 nor GBK; save it as “CSV UTF-8”.',
    ],
  ),
  'reissue.batch-not-csv': problem(
    422,
    ['不是 CSV 文件', 'This is no CSV'],
    ['请在电子表格中选择“另存为 CSV”后再上传。', 'Save the spreadsheet as CSV and upload that.'],
  ),
  'reissue.batch-csv-headings': problem(
    422,
    ['缺少表头', 'The headings are missing'],
    [
      '第一行须为表头，且包含“票号”列；可选“姓名”“证件类型”“证件号码”，各列不得重复。',
      'The first line names the columns: number, and where wanted name, idType and idNumber, each once.',
    ],
  ),
  'reissue.batch-csv-malformed': problem(
    422,
    ['CSV 格式有误', 'The CSV is malformed'],
    ['第 {line} 行附近的格式有误，请检查引号和列数。', 'Near line {line}: check quotes and the number of columns.'],
  ),
  'reissue.batch-csv-id-type': problem(
    422,
    ['证件类型有误', 'An unknown kind of document'],
    ['第 {line} 行的证件类型无法识别。', 'The kind of document in line {line} is unknown.'],
  ),
  'reissue.batch-duplicate': problem(
    409,
    ['票号重复', 'The ticket is in the list twice'],
    ['该票号在清单前面已出现。', 'This ticket is further up in the list already.'],
  ),
  'reissue.batch-correction-invalid': problem(
    422,
    ['更正的证件号码无效', 'The corrected document is not valid'],
    ['更正的证件号码与证件类型不符或有误。', 'The corrected number is no number of this kind of document.'],
  ),
  'reissue.batch-not-checked': problem(
    409,
    ['清单尚在核对', 'The list is being checked'],
    ['清单逐行核对完成后才能审批，请稍后重试。', 'It can be decided once all its lines are checked; try again.'],
    2,
  ),
  'reissue.own-batch': problem(
    403,
    ['不能审批本人录入的清单', 'This is your own list'],
    ['录入清单的人员不能审批该清单。', 'Nobody decides on a list that they entered.'],
  ),
  'reissue.batch-not-your-desk': naming(
    DESK_WORDS,
    problem(
      403,
      ['超出审批权限', 'Not for your desk'],
      ['该规模的清单须由{desk}审批。', 'A list of this size is for another desk to decide: {desk}.'],
    ),
  ),
  'reissue.batch-nothing-to-reissue': problem(
    409,
    ['没有可补发的票', 'Nothing can be reissued'],
    ['清单中没有一张票可以补发。', 'No ticket of the list can be reissued.'],
  ),
  'reissue.batch-decided': problem(
    409,
    ['清单已审批', 'The list is decided'],
    ['该清单已有审批结果。', 'The list is decided already.'],
  ),
  'reissue.batch-not-running': problem(
    409,
    ['清单未在执行', 'The list is not running'],
    ['该清单尚未开始执行。', 'The list is not being carried out.'],
  ),
  'reissue.batch-all-begun': problem(
    409,
    ['清单即将完成', 'All of it has begun'],
    ['该清单的每一行都已开始执行，不能再停止。', 'Every line of the list has begun; nothing is left to stop.'],
  ),
  'reissue.batch-over': problem(409, ['清单已结束', 'The list is over'], ['该清单已结束。', 'The list is over.']),
  'reissue.batch-abandoned': problem(
    409,
    ['清单未录入完整', 'The list was never complete'],
    ['清单上传中断且未重试，已自动取消。', 'The upload broke off and was not tried again; the list was cancelled.'],
  ),
};
